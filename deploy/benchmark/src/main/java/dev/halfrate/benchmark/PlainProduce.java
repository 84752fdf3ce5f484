package dev.halfrate.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Baseline: reads a topic into memory, and writes these records in transactions when it is told to. Arguments: bootstrap
 * servers, topic, topic to write to, records. For each line on its standard input it writes all of them once, and says in how
 * many nanoseconds.
 */
public final class PlainProduce {
    public static final String READY = "the records are in memory";
    public static final String WRITTEN = "written in ns: ";

    private static final Duration POLL = Duration.ofMillis(100);
    private static final long COMMIT_NANOS = 1_000_000_000;

    private PlainProduce() {}

    public static void main(String[] args) throws IOException {
        var records = read(args[0], args[1], Integer.parseInt(args[3]));
        var settings = Map.<String, Object>of(
                "bootstrap.servers", args[0],
                "transactional.id", "plain-" + args[2],
                "batch.size", "262144",
                "linger.ms", "10",
                "buffer.memory", "67108864");
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
                var told = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
            producer.initTransactions();
            System.out.println(READY);
            while (told.readLine() != null) {
                System.out.println(WRITTEN + write(producer, args[2], records));
            }
        }
    }

    private static List<ConsumerRecord<byte[], byte[]>> read(String bootstrapServers, String topic, int count) {
        var records = new ArrayList<ConsumerRecord<byte[], byte[]>>(count);
        try (var consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(each -> new TopicPartition(topic, each.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (records.size() < count) {
                for (var each : consumer.poll(POLL)) {
                    if (records.size() < count) {
                        records.add(each);
                    }
                }
            }
        }
        return records;
    }

    private static long write(
            KafkaProducer<byte[], byte[]> producer, String topic, List<ConsumerRecord<byte[], byte[]>> records) {
        var from = System.nanoTime();
        var began = from;
        producer.beginTransaction();
        for (var each : records) {
            var _ = producer.send(
                    new ProducerRecord<>(topic, each.partition(), each.key(), each.value(), each.headers()));
            if (System.nanoTime() - began > COMMIT_NANOS) {
                producer.commitTransaction();
                producer.beginTransaction();
                began = System.nanoTime();
            }
        }
        producer.commitTransaction();
        return System.nanoTime() - from;
    }
}
