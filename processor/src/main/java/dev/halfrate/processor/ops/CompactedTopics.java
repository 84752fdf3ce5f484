package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.HalfrateConfig;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Bytes;

/** Reads what compacted topics hold, as far as it is committed. */
final class CompactedTopics {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration STANDSTILL_MAX = Duration.ofSeconds(20);

    private CompactedTopics() {}

    /** @return the last value of each key */
    static Map<TopicPartition, Map<Bytes, byte[]>> read(HalfrateConfig config, Collection<TopicPartition> partitions)
            throws InterruptedException {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            var values = new HashMap<TopicPartition, Map<Bytes, byte[]>>();
            partitions.forEach(partition -> values.put(partition, new LinkedHashMap<>()));
            var left = left(consumer, ends);
            var progressAtNanos = System.nanoTime();
            while (left > 0) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                var polled = consumer.poll(POLL);
                for (var partition : polled.partitions()) {
                    var held = values.computeIfAbsent(partition, _ -> new LinkedHashMap<>());
                    for (var entry : polled.records(partition)) {
                        if (entry.value() == null) {
                            held.remove(Bytes.wrap(entry.key()));
                        } else {
                            held.put(Bytes.wrap(entry.key()), entry.value());
                        }
                    }
                }
                var now = left(consumer, ends);
                if (now < left) {
                    progressAtNanos = System.nanoTime();
                } else if (System.nanoTime() - progressAtNanos > STANDSTILL_MAX.toNanos()) {
                    throw new TimeoutException("%s cannot be read to the end".formatted(partitions));
                }
                left = now;
            }
            return values;
        }
    }

    private static long left(KafkaConsumer<?, ?> consumer, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .mapToLong(end -> Math.max(0, end.getValue() - consumer.position(end.getKey())))
                .sum();
    }
}
