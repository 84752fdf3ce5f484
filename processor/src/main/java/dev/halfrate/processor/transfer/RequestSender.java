package dev.halfrate.processor.transfer;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.processor.ops.TopicSetup;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Sends requests to a topic as any producer may: idempotent, and each acknowledged by all replicas. */
public final class RequestSender implements AutoCloseable {
    private static final int AROUND_VALUE_BYTES = 1 << 20;

    /** What brokers take of a requests topic that we have made. */
    private static final int RECORD_BYTES_MIN = 20 << 20;

    private static final long BUFFER_BYTES_MAX = 32 << 20;
    private static final int PART_OF_HEAP = 4;
    private static final int BATCH_BYTES = 256 << 10;
    private static final int LINGER_MS = 10;
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(10);

    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;
    private volatile @Nullable Exception failure;

    /** Is told of records that the broker has, on a thread of the producer's. */
    @FunctionalInterface
    public interface Stored {
        void at(RecordMetadata place);
    }

    /** Connects when the first request is sent. */
    public RequestSender(HalfrateConfig config, String topic) {
        this.topic = topic;
        var recordBytesMax = Math.max(RECORD_BYTES_MIN, config.requests().lineBytesMax() + AROUND_VALUE_BYTES);
        var settings = new HashMap<String, Object>();
        settings.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MS);
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, recordBytesMax);
        settings.put(
                ProducerConfig.BUFFER_MEMORY_CONFIG,
                Math.max(
                        recordBytesMax,
                        Math.min(BUFFER_BYTES_MAX, Runtime.getRuntime().maxMemory() / PART_OF_HEAP)));
        settings.putAll(config.kafka());
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** @throws StartupException if the cluster does not answer, or has no such topic */
    public static RequestSender open(HalfrateConfig config, String topic) throws InterruptedException {
        TopicSetup.awaitReachable(config.kafka().getOrDefault(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, ""));
        try (var admin = Admin.create(new HashMap<String, Object>(config.kafka()))) {
            // A look by a producer could make the topic.
            var _ = admin.describeTopics(List.of(topic)).allTopicNames().get();
        } catch (ExecutionException e) {
            throw new StartupException(
                    e.getCause() instanceof UnknownTopicOrPartitionException
                            ? "topic %s does not exist: halfrate run makes it, or whoever makes topics".formatted(topic)
                            : "topic %s cannot be looked up: %s".formatted(topic, e.getCause()),
                    e);
        }
        return new RequestSender(config, topic);
    }

    /**
     * Returns when it is on its way; waits while too many are.
     *
     * @param stored called if the broker has it; otherwise {@link #requireHealth} throws
     * @throws StartupException if it can never be sent, or if one before it could not
     */
    public void send(byte @Nullable [] key, byte[] value, Headers headers, Stored stored) throws InterruptedException {
        requireHealth();
        try {
            var _ = producer.send(new ProducerRecord<>(topic, null, key, value, headers), (place, e) -> {
                if (e == null) {
                    stored.at(place);
                } else if (failure == null) {
                    failure = e;
                }
            });
        } catch (InterruptException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedException(e.getMessage());
        } catch (KafkaException e) {
            throw failed(e);
        }
    }

    /** Returns when the broker has all of them, or one could not be sent. */
    public void flush() throws InterruptedException {
        try {
            producer.flush();
        } catch (InterruptException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedException(e.getMessage());
        }
        requireHealth();
    }

    /** @throws StartupException if a request could not be sent */
    public void requireHealth() {
        var known = failure;
        if (known != null) {
            throw failed(known);
        }
    }

    private StartupException failed(Exception e) {
        return new StartupException("topic %s did not take a request: %s".formatted(topic, e.getMessage()), e);
    }

    /** Drops what has not been sent by now. */
    public void abandon() {
        producer.close(Duration.ZERO);
    }

    @Override
    public void close() {
        producer.close(CLOSE_WITHIN);
    }
}
