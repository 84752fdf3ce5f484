package dev.halfrate.processor.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
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

    /** Takes what was asked for, in whatever order it is found. Called on the reader's thread. */
    interface Sink {
        /** @param value of the request's record */
        void found(ManifestItem item, ByteBuffer value) throws IOException;

        void gone(ManifestItem item);
    }

    /**
     * Fetches the bodies of all items and returns when each was found or is known to be gone.
     *
     * @throws BodiesUnavailableException if Kafka or the sink failed; nothing is known about the rest then
     */
    void read(List<ManifestItem> items, Sink sink) throws InterruptedException {
        var job = new Job(items, sink, new CompletableFuture<>());
        jobs.add(job);
        try {
            job.done.get();
        } catch (ExecutionException e) {
            throw new BodiesUnavailableException(e.getCause());
        } catch (InterruptedException e) {
            job.done.cancel(false);
            throw e;
        }
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            var shared = new ArrayList<Job>();
            try {
                shared.add(jobs.take());
                jobs.drainTo(shared, SHARED_MAX - 1);
                scan(shared);
                shared.forEach(job -> job.done.complete(null));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                shared.forEach(job -> job.done.completeExceptionally(new InterruptedException()));
            } catch (RuntimeException | Error e) {
                shared.forEach(job -> job.done.completeExceptionally(e));
            }
        }
    }

    private void scan(List<Job> shared) throws InterruptedException {
        Map<TopicPartition, NavigableMap<Long, List<Want>>> wants = new HashMap<>();
        Map<String, Optional<Uuid>> ids = new HashMap<>();
        for (var job : shared) {
            try {
                job.items.stream()
                        .map(item -> item.source().getTopic())
                        .distinct()
                        .forEach(topic -> ids.computeIfAbsent(topic, name -> Optional.ofNullable(topicIds.of(name))));
            } catch (RuntimeException e) {
                // A topic that this job alone may need: the others go on.
                job.done.completeExceptionally(e);
                continue;
            }
            for (var item : job.items) {
                var source = item.source();
                var bytes = ByteBuffer.wrap(source.getTopicId().bytes());
                var id = Objects.requireNonNull(ids.get(source.getTopic()));
                if (!id.equals(Optional.of(new Uuid(bytes.getLong(), bytes.getLong())))) {
                    new Want(job, item).take(null);
                    continue;
                }
                wants.computeIfAbsent(
                                new TopicPartition(source.getTopic(), item.ref().getPartition()), _ -> new TreeMap<>())
                        .computeIfAbsent(item.ref().getOffset(), _ -> new ArrayList<>())
                        .add(new Want(job, item));
            }
        }
        for (var entry : wants.entrySet()) {
            try {
                scan(entry.getKey(), entry.getValue());
            } catch (KafkaException e) {
                // A partition without a leader is the matter of those who want it.
                entry.getValue().values().forEach(here -> here.forEach(want -> want.job.done.completeExceptionally(e)));
            }
        }
    }

    private void scan(TopicPartition partition, NavigableMap<Long, List<Want>> wants) throws InterruptedException {
        consumer.assign(List.of(partition));
        var end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        dropBelow(consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L), wants);
        var position = -1L;
        var progressAtNanos = System.nanoTime();
        while (!wants.isEmpty()) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (System.nanoTime() - progressAtNanos > STANDSTILL_MAX.toNanos()) {
                throw new TimeoutException("%s stands still at %d".formatted(partition, position));
            }
            var next = wants.firstKey();
            if (position < 0 || next - position > GAP_MAX) {
                position = next;
                consumer.seek(partition, position);
            }
            if (position >= end) {
                dropBelow(Long.MAX_VALUE, wants);
                return;
            }
            try {
                for (var found : consumer.poll(POLL).records(partition)) {
                    dropBelow(found.offset(), wants);
                    var here = wants.remove(found.offset());
                    if (here != null) {
                        here.forEach(want -> want.take(found.value()));
                    }
                }
                if (consumer.position(partition) > position) {
                    position = consumer.position(partition);
                    progressAtNanos = System.nanoTime();
                }
                dropBelow(position, wants);
            } catch (OffsetOutOfRangeException _) {
                // Retention went past it while we looked.
                dropBelow(consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L), wants);
                position = -1;
            }
        }
    }

    private static void dropBelow(long offset, NavigableMap<Long, List<Want>> wants) {
        if (wants.isEmpty() || wants.firstKey() >= offset) {
            return;
        }
        var passed = wants.headMap(offset);
        passed.values().forEach(here -> here.forEach(want -> want.take(null)));
        passed.clear();
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

    private record Job(List<ManifestItem> items, Sink sink, CompletableFuture<@Nullable Void> done) {}

    private record Want(Job job, ManifestItem item) {
        /** A sink that fails, or that nobody waits for any more, is its own job's matter, not that of all who share the scan. */
        private void take(byte @Nullable [] value) {
            if (job.done.isDone()) {
                return;
            }
            try {
                if (value == null) {
                    job.sink.gone(item);
                } else {
                    job.sink.found(item, ByteBuffer.wrap(value));
                }
            } catch (IOException e) {
                job.done.completeExceptionally(new UncheckedIOException(e));
            } catch (RuntimeException e) {
                job.done.completeExceptionally(e);
            }
        }
    }
}
