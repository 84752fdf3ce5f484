package dev.halfrate.local;

import dev.halfrate.processor.codec.BatchProgress;
import dev.halfrate.processor.codec.BatchProgressCodec;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.TopicsConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What anybody can read who may read the public topics: committed results, dead letters and batches. */
final class PublicFeeds implements AutoCloseable {
    /** Who is told; in the order of each partition. */
    interface Reader {
        /** @param value the record's value as it is on the topic */
        void result(Result result, byte[] value);

        void deadLetter(DeadLetter letter);

        void batch(BatchProgress progress);
    }

    private static final Logger log = LoggerFactory.getLogger(PublicFeeds.class);

    /** The show goes on, even if this figure is late. */
    private static final ListConsumerGroupOffsetsOptions SOON = new ListConsumerGroupOffsetsOptions().timeoutMs(2_000);

    private final TopicsConfig topics;
    private final String intakeGroup;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;
    private final Admin admin;
    private long read;

    /** From the beginning of the topics on. */
    PublicFeeds(HalfrateConfig config) {
        topics = config.topics();
        intakeGroup = config.application() + "-intake";
        var bootstrapServers = config.kafka().getOrDefault("bootstrap.servers", "");
        consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers", bootstrapServers,
                        "isolation.level", "read_committed",
                        "enable.auto.commit", "false"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        partitions = List.of(topics.results(), topics.deadLetters(), topics.batches()).stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
    }

    void poll(Duration timeout, Reader reader) {
        for (var record : consumer.poll(timeout)) {
            if (record.topic().equals(topics.results())) {
                reader.result(ResultCodec.fromRecord(record), record.value());
            } else if (record.topic().equals(topics.deadLetters())) {
                reader.deadLetter(DeadLetterCodec.fromRecord(record));
            } else {
                reader.batch(BatchProgressCodec.fromRecord(record));
            }
        }
    }

    /** Reads until nothing committed before this call is left. */
    void drain(Reader reader) {
        var ends = consumer.endOffsets(partitions);
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            poll(Duration.ofMillis(200), reader);
        }
    }

    /** @return records of the requests topic that the intake has dealt with, as far as is known */
    long read() throws InterruptedException {
        try {
            var committed = admin.listConsumerGroupOffsets(intakeGroup, SOON)
                    .partitionsToOffsetAndMetadata()
                    .get();
            read = committed.entrySet().stream()
                    .filter(entry -> entry.getValue() != null
                            && topics.requests().contains(entry.getKey().topic()))
                    .mapToLong(entry -> entry.getValue().offset())
                    .sum();
        } catch (ExecutionException e) {
            // No such group before the intake's first commit, or a broker that is busy restarting.
            log.debug("offsets of {}", intakeGroup, e);
        }
        return read;
    }

    @Override
    public void close() {
        consumer.close();
        admin.close();
    }
}
