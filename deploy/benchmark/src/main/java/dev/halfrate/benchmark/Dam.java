package dev.halfrate.benchmark;

import dev.halfrate.trial.process.TrialException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Holds records back in a transaction and lets all of them go at once: whoever reads what is committed is ready and waits,
 * and finds a full topic from one moment to the next. One thread.
 */
public final class Dam implements AutoCloseable {
    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final int partitions;
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private boolean filled;

    public Dam(String bootstrapServers, String topic, int partitions) {
        this.topic = topic;
        this.partitions = partitions;
        producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers", bootstrapServers,
                        "transactional.id", "dam-" + topic,
                        "transaction.timeout.ms", "900000",
                        "batch.size", "262144",
                        "linger.ms", "10"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        producer.initTransactions();
    }

    /** Returns when the broker has them, and nobody can see them. */
    public void fill(int count, IntFunction<byte[]> values) throws InterruptedException {
        fill(count, null, values);
    }

    /** Likewise, all with one key. */
    public void fill(int count, byte @Nullable [] key, IntFunction<byte[]> values) throws InterruptedException {
        if (!filled) {
            producer.beginTransaction();
            filled = true;
        }
        // What went wrong shows when the transaction is committed.
        for (var i = 0; i < count; i++) {
            var _ = producer.send(
                    new ProducerRecord<>(topic, i % partitions, key, values.apply(i)), (metadata, failure) -> {
                        if (failure == null) {
                            synchronized (ends) {
                                ends.merge(
                                        new TopicPartition(topic, metadata.partition()),
                                        metadata.offset() + 1,
                                        Math::max);
                            }
                        }
                    });
        }
        producer.flush();
    }

    /** @return the time from which on they can be seen, as {@link System#nanoTime} */
    public long open() {
        try {
            var from = System.nanoTime();
            producer.commitTransaction();
            filled = false;
            return from;
        } catch (KafkaException e) {
            throw new TrialException("what was held back could not be let go", e);
        }
    }

    /** @return how far a reader must be to have them all */
    public Map<TopicPartition, Long> ends() {
        synchronized (ends) {
            return Map.copyOf(ends);
        }
    }

    @Override
    public void close() {
        producer.close();
    }
}
