package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.BatchHeader;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.ManifestChunk;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/** Reads a sealed batch's manifest again from the work topic. Safe for many threads; one reads at a time. */
final class ManifestReader implements AutoCloseable {
    private static final Duration READ_MAX = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(200);

    private final String workTopic;
    private final Consumer<byte[], byte[]> consumer;
    private final ReentrantLock lock = new ReentrantLock();

    ManifestReader(String workTopic, Consumer<byte[], byte[]> consumer) {
        this.workTopic = workTopic;
        this.consumer = consumer;
    }

    /**
     * @param partition of the work topic
     * @return the items in the order of their numbers
     * @throws IllegalStateException if the manifest is not there or damaged, which nothing but interference can do
     */
    List<ManifestItem> read(int partition, BatchHeader header) throws InterruptedException {
        var chunks = new TreeMap<Integer, ManifestChunk>();
        var from = new TopicPartition(workTopic, partition);
        lock.lockInterruptibly();
        try {
            consumer.assign(List.of(from));
            consumer.seek(from, header.firstWorkOffset());
            var deadline = System.nanoTime() + READ_MAX.toNanos();
            while (chunks.size() < header.chunks() && consumer.position(from) <= header.lastWorkOffset()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new TimeoutException(
                            "the manifest of %s could not be read within %s".formatted(header.batchId(), READ_MAX));
                }
                for (var entry : consumer.poll(POLL).records(from)) {
                    if (entry.value() != null
                            && new String(entry.key(), StandardCharsets.UTF_8).startsWith(header.windowId() + "/")) {
                        var chunk = InternalFormat.MANIFEST_CHUNK.decode(entry.value());
                        chunks.put(chunk.getIndex(), chunk);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
        var items = new ArrayList<ManifestItem>(header.items());
        for (var chunk : chunks.values()) {
            add(chunk, items);
        }
        if (items.size() != header.items()) {
            throw new IllegalStateException("the manifest of %s has %d of %d items in %s"
                    .formatted(header.batchId(), items.size(), header.items(), from));
        }
        return items;
    }

    private static void add(ManifestChunk chunk, List<ManifestItem> items) {
        var bytes = bytes(chunk.getRefChunk());
        var checksum = new CRC32C();
        checksum.update(bytes);
        if (checksum.getValue() != chunk.getChecksum() || chunk.getFirstItem() != items.size()) {
            throw new IllegalStateException(
                    "chunk %d of the manifest of %s is damaged".formatted(chunk.getIndex(), chunk.getBatchId()));
        }
        var refs = InternalFormat.REF_CHUNK.decode(bytes);
        for (var i = chunk.getFrom(); i < chunk.getUntil(); i++) {
            var ref = refs.getRefs().get(i);
            items.add(new ManifestItem(items.size(), refs.getSources().get(ref.getSource()), ref));
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            consumer.close();
        } finally {
            lock.unlock();
        }
    }
}
