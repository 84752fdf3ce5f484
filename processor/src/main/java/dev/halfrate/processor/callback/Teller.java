package dev.halfrate.processor.callback;

import dev.halfrate.processor.callback.CallbackMeters.Outcome;
import dev.halfrate.processor.callback.Deliveries.Delivery;
import dev.halfrate.processor.callback.Deliveries.Fate;
import dev.halfrate.processor.codec.FeedReader;
import dev.halfrate.processor.config.CallbackConfig;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.HalfrateConfig;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLSocketFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one endpoint. Its own thread, consumer group and platform threads for calls: a look-up of a host may hold the thread
 * that a virtual one runs on, and those are the vendors'. Whatever Kafka does to it, it starts over with back-off.
 */
final class Teller implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Teller.class);

    private static final int PENDING_MAX = 1_000;
    private static final long PENDING_BYTES_MAX = 8L << 20;
    private static final Duration PAUSE_MIN = Duration.ofMillis(500);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(30);
    private static final Duration IDLE_WAIT = Duration.ofMillis(500);
    private static final Duration REPLY_WAIT = Duration.ofMillis(100);
    private static final Duration SCHEMA_WAIT = Duration.ofMillis(500);
    private static final Duration COMMIT_EVERY = Duration.ofSeconds(1);
    private static final Duration COMMIT_WAIT = Duration.ofSeconds(10);

    /** How long a rebalance, and a stop, wait for calls under way: what they leave is told twice. */
    private static final Duration FINISH_WAIT = Duration.ofSeconds(3);

    private static final Duration STOP_WAIT = Duration.ofSeconds(8);

    private record Replied(Delivery delivery, Reply reply) {}

    private final CallbackConfig callback;
    private final EventReader reader;
    private final TellerClients clients;
    private final Post post;
    private final RetryRules rules;
    private final CallbackMeters meters;
    private final InstantSource clock;
    private final ExecutorService calls;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;
    private boolean failing;
    private Duration pause = PAUSE_MIN;

    Teller(HalfrateConfig config, CallbackConfig callback, FeedReader feeds, MeterRegistry meters) {
        this(
                callback,
                new EventReader(config.topics().batches(), config.resultTopics(), callback, feeds),
                new KafkaTellerClients(config, callback),
                new Post(
                        callback.url(),
                        callback.timeout(),
                        callback.allowPrivate(),
                        InetAddress::getAllByName,
                        (SSLSocketFactory) SSLSocketFactory.getDefault(),
                        InstantSource.system()),
                new RetryRules(callback.retryFor(), RandomGenerator.getDefault()),
                new CallbackMeters(meters, callback.name()),
                InstantSource.system());
    }

    Teller(
            CallbackConfig callback,
            EventReader reader,
            TellerClients clients,
            Post post,
            RetryRules rules,
            CallbackMeters meters,
            InstantSource clock) {
        this.callback = callback;
        this.reader = reader;
        this.clients = clients;
        this.post = post;
        this.rules = rules;
        this.meters = meters;
        this.clock = clock;
        var name = "callbacks-" + callback.name();
        this.calls = Executors.newFixedThreadPool(
                callback.requestsInFlightMax(),
                Thread.ofPlatform().name(name + "-", 0).daemon().factory());
        this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
    }

    /** @throws ConfigException if its URL has an address, instead of a name, that no callback may go to */
    static void check(CallbackConfig callback) {
        var host = callback.url().host();
        try {
            // Such a host is never looked up.
            if (!callback.allowPrivate()
                    && (host.contains(":") || host.matches("[0-9.]+"))
                    && !AddressRules.isPublic(InetAddress.getByName(host))) {
                throw new ConfigException(
                        "callbacks.url must be of the internet at large unless callbacks.allow-private is true, got %s for %s"
                                .formatted(callback.url(), callback.name()));
            }
        } catch (UnknownHostException _) {
            throw new ConfigException("callbacks.url must have a name or an address that is one, got %s for %s"
                    .formatted(callback.url(), callback.name()));
        }
    }

    void start() {
        thread.start();
    }

    /** Asks it to stop, without waiting. */
    void stop() {
        stopped.countDown();
    }

    @Override
    public void close() {
        stop();
        try {
            thread.join(STOP_WAIT.toMillis());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
        post.close();
        calls.shutdownNow();
    }

    private void run() {
        while (wanted()) {
            try {
                clients.begin(reader.topics());
                new Life().live();
            } catch (InterruptException e) {
                stop();
            } catch (KafkaException e) {
                LOG.warn(
                        "callbacks to {}: starting over in {} ms: {}", callback.name(), pause.toMillis(), e.toString());
                pause();
            } catch (RuntimeException e) {
                // A defect here must not end what is paid for.
                LOG.error("callbacks to {}: starting over in {} ms", callback.name(), pause.toMillis(), e);
                pause();
            }
        }
    }

    private boolean wanted() {
        return stopped.getCount() > 0;
    }

    /** Waits, longer each time in a row, unless stopped. */
    private void pause() {
        try {
            var _ = stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            stop();
        }
        var doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(PAUSE_MAX) < 0 ? doubled : PAUSE_MAX;
    }

    /** From one consumer's beginning to its end. */
    private final class Life implements ConsumerRebalanceListener {
        private final Deliveries deliveries = new Deliveries(
                new Deliveries.Limits(callback.requestsInFlightMax(), PENDING_MAX, PENDING_BYTES_MAX), rules);
        private final BlockingQueue<Replied> replies = new LinkedBlockingQueue<>();
        private final Map<TopicPartition, Long> committed = new HashMap<>();

        /** Where the next record names a schema that nobody can say now, and since when it waits to be read again. */
        private final Map<TopicPartition, Instant> waiting = new HashMap<>();

        private final Consumer<byte[], byte[]> consumer = clients.consumer();
        private Instant committedAt = Instant.MIN;
        private boolean gone;

        void live() {
            try (consumer) {
                consumer.subscribe(reader.topics(), this);
                try {
                    while (wanted() && !gone) {
                        read();
                        send();
                        takeReplies();
                        commitInTime();
                    }
                } finally {
                    finishCalls();
                }
                if (!gone) {
                    commit();
                }
            }
            if (gone) {
                meters.disabled();
                LOG.error(
                        "callbacks to {}: it answers 410 and is told nothing more until the next start; then it goes on where it stopped",
                        callback.name());
                stop();
            }
        }

        private void read() {
            var now = clock.instant();
            waiting.values().removeIf(since -> now.isAfter(since.plus(SCHEMA_WAIT)) || now.isBefore(since));
            consumer.resume(consumer.paused());
            consumer.pause(deliveries.isFull() ? consumer.assignment() : waiting.keySet());
            try {
                var records = consumer.poll(readWait(now));
                for (var partition : records.partitions()) {
                    read(partition, records.records(partition), now);
                }
                pause = PAUSE_MIN;
                takeStock();
            } catch (NoOffsetForPartitionException e) {
                LOG.info("callbacks to {}: {} are new", callback.name(), e.partitions());
                consumer.seekToBeginning(e.partitions());
            } catch (OffsetOutOfRangeException e) {
                LOG.error(
                        "callbacks to {}: {} were deleted before they were told; it goes on with the oldest that are there",
                        callback.name(),
                        e.offsetOutOfRangePartitions());
                consumer.seekToBeginning(e.partitions());
            }
        }

        private void read(TopicPartition partition, List<ConsumerRecord<byte[], byte[]>> records, Instant now) {
            for (var received : records) {
                switch (reading(received)) {
                    case Reading.Told(var event) -> deliveries.add(event, now);
                    case Reading.Unwanted() -> {}
                    case Reading.Pending() -> {
                        consumer.seek(partition, received.offset());
                        waiting.put(partition, now);
                        return;
                    }
                }
            }
        }

        private Reading reading(ConsumerRecord<byte[], byte[]> received) {
            try {
                return reader.read(received);
            } catch (RuntimeException e) {
                // Whatever is wrong with it would be wrong again. Its message may quote the record.
                meters.count(Outcome.UNREADABLE);
                LOG.warn(
                        "callbacks to {}: record {} of {}-{} is left out: {}",
                        callback.name(),
                        received.offset(),
                        received.topic(),
                        received.partition(),
                        e.getClass().getSimpleName());
                return new Reading.Unwanted();
            }
        }

        private void takeStock() {
            long lag = deliveries.pending();
            for (var partition : consumer.assignment()) {
                deliveries.read(partition, consumer.position(partition));
                lag += consumer.currentLag(partition).orElse(0);
            }
            meters.lag(lag);
        }

        /** While calls are under way their replies are waited for, not records. */
        private Duration readWait(Instant now) {
            if (deliveries.inFlight() > 0) {
                return Duration.ZERO;
            }
            return deliveries
                    .nextDue()
                    .map(due -> due.isAfter(now) ? Duration.between(now, due) : Duration.ZERO)
                    .filter(wait -> wait.compareTo(IDLE_WAIT) < 0)
                    .orElse(IDLE_WAIT);
        }

        private void send() {
            for (var delivery : deliveries.due(clock.instant())) {
                calls.execute(() -> replies.add(new Replied(delivery, call(delivery.event()))));
            }
        }

        private Reply call(Event event) {
            try {
                return Message.headers(event, callback.secrets(), clock.instant())
                        .map(headers -> post.send(headers, event.body()))
                        .orElseGet(() -> new Reply.Silent("none of callbacks.secrets is one"));
            } catch (RuntimeException e) {
                return new Reply.Silent(e.getClass().getSimpleName());
            }
        }

        private void takeReplies() {
            if (deliveries.inFlight() > 0) {
                takeReply(REPLY_WAIT);
                while (!replies.isEmpty()) {
                    takeReply(Duration.ZERO);
                }
            }
        }

        private void takeReply(Duration wait) {
            try {
                var replied = replies.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
                if (replied != null) {
                    account(replied, deliveries.replied(replied.delivery, replied.reply, clock.instant()));
                }
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }

        private void account(Replied replied, Fate fate) {
            var id = replied.delivery.event().id();
            switch (fate) {
                case DELIVERED -> {
                    meters.count(Outcome.DELIVERED);
                    if (failing) {
                        failing = false;
                        LOG.info("callbacks to {}: it answers again", callback.name());
                    }
                }
                case RETRIED -> {
                    meters.count(Outcome.RETRIED);
                    if (!failing) {
                        failing = true;
                        LOG.warn("callbacks to {}: {}, tried again: {}", callback.name(), id, reason(replied.reply));
                    }
                }
                case GIVEN_UP -> {
                    meters.count(Outcome.GIVEN_UP);
                    LOG.error(
                            "callbacks to {}: {} is given up after {} tries: {}",
                            callback.name(),
                            id,
                            replied.delivery.tries(),
                            reason(replied.reply));
                }
                case GONE -> gone = true;
                case FORGOTTEN -> {}
            }
        }

        private static String reason(Reply reply) {
            return switch (reply) {
                case Reply.Answered answer -> "HTTP " + answer.status();
                case Reply.Silent silent -> silent.reason();
            };
        }

        /** What is answered now need not be told again by whoever comes next. */
        private void finishCalls() {
            var end = System.nanoTime() + FINISH_WAIT.toNanos();
            while (deliveries.inFlight() > 0 && System.nanoTime() - end < 0) {
                takeReply(REPLY_WAIT);
            }
        }

        private void commitInTime() {
            var now = clock.instant();
            if (now.isAfter(committedAt.plus(COMMIT_EVERY)) || now.isBefore(committedAt)) {
                committedAt = now;
                commit();
            }
        }

        private void commit() {
            var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
            deliveries.committable().forEach((partition, offset) -> {
                if (!offset.equals(committed.get(partition))) {
                    offsets.put(partition, new OffsetAndMetadata(offset));
                }
            });
            if (offsets.isEmpty()) {
                return;
            }
            try {
                consumer.commitSync(offsets, COMMIT_WAIT);
                offsets.forEach((partition, offset) -> committed.put(partition, offset.offset()));
            } catch (RebalanceInProgressException | RetriableException e) {
                LOG.debug("callbacks to {}: offsets are committed later", callback.name(), e);
            }
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            committed.keySet().removeAll(new HashSet<>(partitions));
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            finishCalls();
            if (!gone) {
                commit();
            }
            drop(partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            drop(partitions);
        }

        private void drop(Collection<TopicPartition> partitions) {
            deliveries.drop(partitions);
            waiting.keySet().removeAll(new HashSet<>(partitions));
        }
    }
}
