package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.cli.CommandException;
import dev.halfrate.processor.config.HalfrateConfig;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Sends the lines as any producer would, on a thread of its own. */
final class LineSender implements AutoCloseable {
    private final RequestLines lines;
    private final LineAudit audit;
    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicLong sent = new AtomicLong();
    private final Thread thread = Thread.ofPlatform().name("demo-sender").unstarted(this::send);
    private volatile @Nullable Exception failure;

    private LineSender(HalfrateConfig config, RequestLines lines, LineAudit audit) {
        this.lines = lines;
        this.audit = audit;
        topic = config.topics().requests().getFirst();
        producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers", config.kafka().getOrDefault("bootstrap.servers", ""),
                        "linger.ms", "10",
                        "max.request.size", "20971520"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    static LineSender start(HalfrateConfig config, RequestLines lines, LineAudit audit) {
        var sender = new LineSender(config, lines, audit);
        sender.thread.start();
        return sender;
    }

    /** @return lines that the broker has */
    long sent() {
        return sent.get();
    }

    /** @throws CommandException if a line could not be sent */
    void requireHealth() {
        var failed = failure;
        if (failed != null) {
            throw new CommandException("a line could not be sent: " + failed.getMessage(), failed);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        // What has not been sent by now is of no interest any more.
        producer.close(Duration.ZERO);
    }

    private void send() {
        try (var reader = lines.open()) {
            var number = 0L;
            for (var value = reader.next(); value != null && failure == null; value = reader.next()) {
                var line = audit.sending(value);
                var request = new ProducerRecord<byte[], byte[]>(topic, value);
                lines.headers(number++)
                        .forEach((name, text) -> request.headers().add(name, text.getBytes(UTF_8)));
                var _ = producer.send(request, (stored, e) -> {
                    if (e == null) {
                        audit.stored(line, new LineAudit.Coordinates(stored.partition(), stored.offset()));
                        sent.incrementAndGet();
                    } else {
                        failure = e;
                    }
                });
            }
            producer.flush();
        } catch (InterruptException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failure = e;
        }
    }
}
