package dev.halfrate.processor.intake;

import dev.halfrate.processor.codec.FeedWriter;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.processor.source.Source;
import dev.halfrate.processor.tracing.Tracing;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads requests and hands them to their lanes, or events and makes requests of them, in transactions with the offsets.
 * One thread; whatever Kafka does to it, it starts over with back-off.
 */
public final class Intake implements AutoCloseable {
    /** A requests topic that was created again is noticed within this time. Refs that are wrong until then name the old id. */
    static final Duration TOPICS_CHECK = Duration.ofMinutes(1);

    static final Duration PAUSE_MIN = Duration.ofMillis(100);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(30);
    private static final Duration STOP_WAIT = Duration.ofSeconds(20);

    private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

    private final Reading reading;
    private final OffsetGuard guard;
    private final IntakeClients clients;
    private final InstantSource clock;
    private final Consumer<Throwable> onFailure;
    private final Thread thread;
    private final CountDownLatch stopped = new CountDownLatch(1);

    private @Nullable Topics topics;
    private Duration pause = PAUSE_MIN;
    private volatile @Nullable IntakeLoop living;

    Intake(
            Reading reading,
            OffsetGuard guard,
            IntakeClients clients,
            InstantSource clock,
            Consumer<Throwable> onFailure) {
        this.reading = reading;
        this.guard = guard;
        this.clients = clients;
        this.clock = clock;
        this.onFailure = onFailure;
        this.thread = Thread.ofPlatform().name(reading.name()).unstarted(this::run);
    }

    /**
     * Of requests.
     *
     * @param schemas that requests in Avro are written with
     * @param capabilities of every account, by its name
     * @param guard decides about partitions whose offsets are gone, or were never there
     * @param instance tells this process from all others of the application; a second one of the same name fences
     *     the first
     * @param onFailure called at most once, on the loop's thread, when it has stopped for good and not by
     *     {@link #close}; an {@link IntakeException} says what to change
     */
    public static Intake ofRequests(
            HalfrateConfig config,
            FeedWriter feeds,
            WriterSchemas schemas,
            Map<String, Capabilities> capabilities,
            OffsetGuard guard,
            String instance,
            MeterRegistry meters,
            Tracing tracing,
            Consumer<Throwable> onFailure) {
        return new Intake(
                new RequestReading(config, feeds, schemas, capabilities, new IntakeMeters(meters), tracing),
                guard,
                KafkaIntakeClients.ofRequests(config, instance, meters),
                InstantSource.system(),
                onFailure);
    }

    /**
     * Of sources' events.
     *
     * @see #ofRequests
     */
    public static Intake ofEvents(
            HalfrateConfig config,
            List<Source> sources,
            OffsetGuard guard,
            String instance,
            MeterRegistry meters,
            Consumer<Throwable> onFailure) {
        return new Intake(
                new EventReading(config, sources, new SourceMeters(meters)),
                guard,
                KafkaIntakeClients.ofEvents(config, instance, meters),
                InstantSource.system(),
                onFailure);
    }

    /** @throws IllegalThreadStateException if it was started before */
    public void start() {
        thread.start();
    }

    /** Lets the transaction at hand finish, for a bounded time. */
    @Override
    public void close() {
        stop();
        try {
            thread.join(STOP_WAIT.toMillis());
            if (thread.isAlive()) {
                thread.interrupt();
                thread.join();
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    /** Asks it to stop, without waiting. */
    void stop() {
        stopped.countDown();
    }

    /** Lives one life of clients after the other until stopped. */
    void run() {
        try (clients) {
            while (wanted()) {
                try {
                    liveWithOffsets();
                } catch (AuthenticationException e) {
                    throw new IntakeException(
                            "Kafka does not know us, see the settings below kafka: " + e.getMessage());
                } catch (ConfigException e) {
                    throw new IntakeException(
                            "A Kafka client refuses its settings, see those below kafka: " + e.getMessage());
                } catch (InterruptException | InterruptedException e) {
                    stop();
                } catch (KafkaException e) {
                    reading.countRestart();
                    LOG.warn("{}: starting over in {} ms: {}", reading.name(), pause.toMillis(), e.toString());
                    LOG.debug(reading.name(), e);
                    pause();
                }
            }
        } catch (RuntimeException | Error e) {
            onFailure.accept(e);
        }
    }

    /** Kafka is never to choose where to read. */
    private void liveWithOffsets() throws InterruptedException {
        try {
            live();
        } catch (InvalidOffsetException e) {
            guard.check();
            throw e;
        }
    }

    private void live() {
        var current = topics();
        var checkAt = clock.instant().plus(TOPICS_CHECK);
        try (var loop = new IntakeLoop(reading, current, clock, clients)) {
            living = loop;
            while (wanted()) {
                switch (loop.step()) {
                    case IDLE -> {}
                    case COMMITTED -> pause = PAUSE_MIN;
                    case ABORTED -> pause();
                }
                checkAt = checkTopics(checkAt);
            }
        } finally {
            living = null;
        }
    }

    /** @return why it does not read, for an operator; empty if it does */
    public Optional<String> notReady() {
        var loop = living;
        if (loop == null) {
            return Optional.of(reading.name() + ": is starting, or starting over");
        }
        return loop.isAssigned() ? Optional.empty() : Optional.of(reading.name() + ": waits for its partitions");
    }

    private Instant checkTopics(Instant checkAt) {
        var now = clock.instant();
        if (now.isBefore(checkAt)) {
            return checkAt;
        }
        topics();
        return now.plus(TOPICS_CHECK);
    }

    /** @throws IntakeException if they are not the ones that this process began with */
    private Topics topics() {
        var now = clients.topics();
        var first = topics == null ? now : topics;
        for (var topic : reading.topics()) {
            if (!now.idOf(topic).equals(first.idOf(topic))) {
                throw new IntakeException(
                        "topic %s was deleted and created again (its id was %s and is %s): what was read so far is gone, start again to read the new topic"
                                .formatted(topic, first.idOf(topic), now.idOf(topic)));
            }
        }
        if (now.inboxPartitions() != first.inboxPartitions()) {
            throw new IntakeException("the lane-inbox must keep its %d partitions, got %d: pools would change lanes"
                    .formatted(first.inboxPartitions(), now.inboxPartitions()));
        }
        topics = now;
        return now;
    }

    private boolean wanted() {
        return stopped.getCount() > 0;
    }

    /** Waits, longer each time in a row, unless stopped. */
    private void pause() {
        try {
            var _ = stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            stop();
        }
        var doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(PAUSE_MAX) < 0 ? doubled : PAUSE_MAX;
    }
}
