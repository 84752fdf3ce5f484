package dev.halfrate.processor.topology;

import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the lanes in this process. */
public final class LaneStreams implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LaneStreams.class);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(20);
    /** Ends of the lanes' thread within {@link #REPLACEMENTS_PERIOD} that are borne. */
    private static final int REPLACEMENTS_MAX = 20;

    private static final Duration REPLACEMENTS_PERIOD = Duration.ofHours(1);

    private final KafkaStreams streams;
    private final KafkaStreamsMetrics metrics;
    private final Deque<Long> replacedAtNanos = new ArrayDeque<>();

    /**
     * @param instance a static member of the group: restarted at once after a crash, it has its partitions again at once
     * @param onFailure told once if the lanes cannot go on
     */
    public LaneStreams(
            LaneTopology topology, LaneStreamsSettings settings, String instance, Consumer<Throwable> onFailure) {
        var properties = settings.properties();
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), instance);
        // Partitions of a process that stays away move on after this; longer than a restart takes.
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 15_000);
        this.streams = new KafkaStreams(topology.get(), properties);
        this.metrics = new KafkaStreamsMetrics(streams);
        metrics.bindTo(topology.meters());
        streams.setUncaughtExceptionHandler(failure -> {
            if (beganAnew(failure)) {
                onFailure.accept(new IllegalStateException(
                        "the lanes' offsets are gone or point to nothing: start again to see what it costs", failure));
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            }
            // A broker that is away for a while ends the thread; a defect ends every one that replaces it.
            if (mayReplace(System.nanoTime())) {
                LOG.warn("the lanes' thread ended and is replaced", failure);
                return StreamThreadExceptionResponse.REPLACE_THREAD;
            }
            onFailure.accept(failure);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    }

    /** @return whether Kafka would have had to choose where to read */
    private static boolean beganAnew(@Nullable Throwable failure) {
        return failure != null && (failure instanceof InvalidOffsetException || beganAnew(failure.getCause()));
    }

    private synchronized boolean mayReplace(long nowNanos) {
        replacedAtNanos.removeIf(at -> nowNanos - at > REPLACEMENTS_PERIOD.toNanos());
        replacedAtNanos.add(nowNanos);
        return replacedAtNanos.size() <= REPLACEMENTS_MAX;
    }

    /** @return why they do not run, for an operator; empty if they do */
    public Optional<String> notReady() {
        return switch (streams.state()) {
            case RUNNING -> Optional.empty();
            case CREATED, REBALANCING -> Optional.of("lanes: get their partitions and read their state");
            case PENDING_SHUTDOWN, NOT_RUNNING, PENDING_ERROR, ERROR -> Optional.of("lanes: have stopped");
        };
    }

    public void start() {
        streams.start();
    }

    @Override
    public void close() {
        metrics.close();
        streams.close(CLOSE_WAIT);
    }
}
