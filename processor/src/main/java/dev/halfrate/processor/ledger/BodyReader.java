package dev.halfrate.processor.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Fetches request bodies from where the users wrote them. Several batches that want bodies at the same time
 * share one scan of each partition; gaps are seeked across.
 */
final class BodyReader implements AutoCloseable {
    /** Batches of one scan; each holds its own wants in memory. */
    private static final int SHARED_MAX = 8;

    /** Reading over a short gap is cheaper than a seek, which throws away what was fetched ahead. */
    private static final long GAP_MAX = 2_000;

    private static final Duration STANDSTILL_MAX = Duration.ofSeconds(30);

    private static final Duration POLL = Duration.ofMillis(200);

    private final BlockingQueue<Job> jobs = new LinkedBlockingQueue<>();
    private final Consumer<byte[], byte[]> consumer;
    private final TopicIds topicIds;
    private final Thread thread;
    /** Jobs that have what the last poll brought them. For the reader's thread alone. */
    private final List<Job> holding = new ArrayList<>();

    BodyReader(Consumer<byte[], byte[]> consumer, TopicIds topicIds) {
        this.consumer = consumer;
        this.topicIds = topicIds;
        this.thread = Thread.ofPlatform().name("body-reader").daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Which id a topic has now. */
    @FunctionalInterface
    interface TopicIds {
        /** @return null if there is no such topic */
        @Nullable
        Uuid of(String topic);
    }

    /** Takes what was asked for, in whatever order it is found. */
    interface Sink {
        /** @param value of the request's record */
        void found(ManifestItem item, ByteBuffer value) throws IOException;

        void gone(ManifestItem item);
    }

    /**
     * Fetches the bodies of all items and returns when each was found or is known to be gone. The sink is called on this thread,
     * while the reader's fetches more.
     *
     * @throws IOException if the sink failed
     * @throws BodiesUnavailableException if Kafka failed, or the sink in an unexpected way; nothing is known about the rest then
     */
    void read(List<ManifestItem> items, Sink sink) throws IOException, InterruptedException {
        var job = new Job(items);
        jobs.add(job);
        try {
            for (var some = job.next(); !some.isEmpty(); some = job.next()) {
                take(some, sink);
            }
        } finally {
            job.abandon();
        }
    }

    private static void take(List<Found> some, Sink sink) throws IOException {
        try {
            for (var found : some) {
                if (found.value == null) {
                    sink.gone(found.item);
                } else {
                    sink.found(found.item, ByteBuffer.wrap(found.value));
                }
            }
        } catch (RuntimeException e) {
            throw new BodiesUnavailableException(e);
        }
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            var shared = new ArrayList<Job>();
            try {
                shared.add(jobs.take());
                jobs.drainTo(shared, SHARED_MAX - 1);
                scan(shared);
                end(shared, null);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                end(shared, e);
            } catch (RuntimeException | Error e) {
                end(shared, e);
            }
        }
    }

    private static void end(Iterable<Job> jobs, @Nullable Throwable failure) {
        jobs.forEach(job -> job.end(failure));
    }

    private void scan(List<Job> shared) throws InterruptedException {
        Map<TopicPartition, List<Want>> wants = new HashMap<>();
        Map<String, Optional<Uuid>> ids = new HashMap<>();
        for (var job : shared) {
            try {
                job.items.stream()
                        .map(item -> item.source().getTopic())
                        .distinct()
                        .forEach(topic -> ids.computeIfAbsent(topic, name -> Optional.ofNullable(topicIds.of(name))));
            } catch (RuntimeException e) {
                // A topic that this job alone may need: the others go on.
                end(List.of(job), e);
                continue;
            }
            for (var item : job.items) {
                var source = item.source();
                var bytes = ByteBuffer.wrap(source.getTopicId().bytes());
                var id = Objects.requireNonNull(ids.get(source.getTopic()));
                if (!id.equals(Optional.of(new Uuid(bytes.getLong(), bytes.getLong())))) {
                    job.found(item, null);
                    continue;
                }
                wants.computeIfAbsent(
                                new TopicPartition(source.getTopic(), item.ref().getPartition()),
                                _ -> new ArrayList<>())
                        .add(new Want(job, item));
            }
        }
        handOver(shared);
        for (var entry : wants.entrySet()) {
            try {
                scan(entry.getKey(), new Wants(entry.getValue()));
            } catch (KafkaException e) {
                // A partition without a leader is the matter of those who want it.
                end(Wants.jobs(entry.getValue()), e);
            }
        }
    }

    private void scan(TopicPartition partition, Wants wants) throws InterruptedException {
        consumer.assign(List.of(partition));
        var end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        wants.dropBelow(consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L));
        var position = -1L;
        var progressAtNanos = System.nanoTime();
        while (!wants.isEmpty()) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (System.nanoTime() - progressAtNanos > STANDSTILL_MAX.toNanos()) {
                throw new TimeoutException("%s stands still at %d".formatted(partition, position));
            }
            var next = wants.firstOffset();
            if (position < 0 || next - position > GAP_MAX) {
                position = next;
                consumer.seek(partition, position);
            }
            if (position >= end) {
                break;
            }
            try {
                for (var found : consumer.poll(POLL).records(partition)) {
                    wants.found(found.offset(), found.value());
                }
                var reached = consumer.position(partition);
                wants.dropBelow(reached);
                handOver(wants.sharing);
                if (reached > position) {
                    position = reached;
                    progressAtNanos = System.nanoTime();
                }
            } catch (OffsetOutOfRangeException _) {
                // Retention went past it while we looked.
                wants.dropBelow(consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L));
                position = -1;
            }
        }
        wants.dropBelow(Long.MAX_VALUE);
        handOver(wants.sharing);
    }

    /**
     * Waits until what the poll before brought is used up, by all jobs, so that not more than two polls' bodies are in
     * memory.
     */
    private void handOver(List<Job> jobs) throws InterruptedException {
        for (var job : holding) {
            job.awaitUsedUp();
        }
        holding.clear();
        for (var job : jobs) {
            if (job.give()) {
                holding.add(job);
            }
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(10_000);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        consumer.close();
    }

    /** Bodies could not be fetched for a reason that may pass. */
    static final class BodiesUnavailableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BodiesUnavailableException(@Nullable Throwable cause) {
            super("request bodies could not be read: " + cause, cause);
        }
    }

    /** What one thread waits for. A list that is handed over is used up when the next is asked for. */
    private static final class Job {
        private final List<ManifestItem> items;
        /** For the reader's thread alone. */
        private List<Found> polled = new ArrayList<>();

        private List<Found> handed = List.of();
        private boolean taken;
        private boolean ended;
        private @Nullable Throwable failure;
        private boolean abandoned;

        private Job(List<ManifestItem> items) {
            this.items = items;
        }

        /** @param value null if it is gone */
        private void found(ManifestItem item, byte @Nullable [] value) {
            polled.add(new Found(item, value));
        }

        private synchronized void awaitUsedUp() throws InterruptedException {
            while (!handed.isEmpty()) {
                wait();
            }
        }

        /** @return whether there was something to give; who waits for nothing any more is given nothing */
        private synchronized boolean give() {
            if (polled.isEmpty()) {
                return false;
            }
            handed = abandoned ? List.of() : polled;
            taken = false;
            polled = new ArrayList<>();
            notifyAll();
            return !abandoned;
        }

        /** Only the first end counts. */
        private synchronized void end(@Nullable Throwable cause) {
            if (!ended) {
                ended = true;
                failure = cause;
                notifyAll();
            }
        }

        /** @return empty at the end */
        private synchronized List<Found> next() throws InterruptedException {
            if (taken) {
                handed = List.of();
                notifyAll();
            }
            while (handed.isEmpty() && !ended) {
                wait();
            }
            taken = true;
            if (handed.isEmpty() && failure != null) {
                throw new BodiesUnavailableException(failure);
            }
            return handed;
        }

        private synchronized void abandon() {
            abandoned = true;
            handed = List.of();
            notifyAll();
        }
    }

    private record Found(ManifestItem item, byte @Nullable [] value) {}

    private record Want(Job job, ManifestItem item) {
        private long offset() {
            return item.ref().getOffset();
        }
    }

    /** What is still wanted of a partition, in the order of its offsets; taken from the front. */
    private static final class Wants {
        private final List<Want> sorted;
        private final List<Job> sharing;
        private int next;

        private Wants(List<Want> wants) {
            this.sorted = wants.stream()
                    .sorted(Comparator.comparingLong(Want::offset))
                    .toList();
            this.sharing = jobs(wants);
        }

        private boolean isEmpty() {
            return next == sorted.size();
        }

        private long firstOffset() {
            return sorted.get(next).offset();
        }

        private void found(long offset, byte @Nullable [] value) {
            dropBelow(offset);
            while (!isEmpty() && firstOffset() == offset) {
                take(value);
            }
        }

        private void dropBelow(long offset) {
            while (!isEmpty() && firstOffset() < offset) {
                take(null);
            }
        }

        private void take(byte @Nullable [] value) {
            var want = sorted.get(next++);
            want.job.found(want.item, value);
        }

        private static List<Job> jobs(List<Want> wants) {
            return wants.stream().map(Want::job).distinct().toList();
        }
    }
}
