package dev.halfrate.processor.transfer;

import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.ops.StartupException;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Puts answers together that are too large for one record. One thread. */
final class ResponseJoiner implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration STANDSTILL_MAX = Duration.ofSeconds(20);

    private final Supplier<KafkaConsumer<byte[], byte[]>> consumers;
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;

    /** @param consumers of committed records; asked once, when there are parts */
    ResponseJoiner(Supplier<KafkaConsumer<byte[], byte[]>> consumers) {
        this.consumers = consumers;
    }

    /**
     * @return the result with its body; the same if it is not in parts, or they are not what they were
     * @throws StartupException if Kafka does not deliver them
     */
    Result join(Result result) throws InterruptedException {
        var parts = result.responseParts();
        if (parts == null || parts.offsets().isEmpty()) {
            return result;
        }
        var body = read(parts);
        return body.length == parts.bytes() && sha256(body).equals(parts.sha256()) ? result.whole(body) : result;
    }

    private byte[] read(Result.ResponseParts parts) throws InterruptedException {
        var reader = consumer == null ? consumers.get() : consumer;
        consumer = reader;
        var partition = new TopicPartition(parts.topic(), parts.partition());
        var wanted = new HashSet<>(parts.offsets());
        var last = parts.offsets().getLast();
        var body = new ByteArrayOutputStream();
        reader.assign(List.of(partition));
        reader.seek(partition, parts.offsets().getFirst());
        var movedAt = System.nanoTime();
        for (var position = reader.position(partition); position <= last; ) {
            for (var part : reader.poll(POLL)) {
                if (wanted.contains(part.offset()) && part.value() != null) {
                    body.writeBytes(part.value());
                }
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            var now = reader.position(partition);
            if (now != position) {
                movedAt = System.nanoTime();
                position = now;
            } else if (System.nanoTime() - movedAt > STANDSTILL_MAX.toNanos()) {
                throw new StartupException("%s cannot be read beyond offset %d".formatted(partition, now));
            }
        }
        return body.toByteArray();
    }

    private static String sha256(byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public void close() {
        if (consumer != null) {
            consumer.close();
        }
    }
}
