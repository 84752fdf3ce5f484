package dev.halfrate.processor.ops;

import static java.util.Objects.requireNonNull;

import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.codec.MalformedRecordException;
import dev.halfrate.processor.config.HalfrateConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** The dead-letter topic: reads it, and sends what is in it again. One thread. */
public final class DeadLetters implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration STANDSTILL_MAX = Duration.ofSeconds(20);

    private final HalfrateConfig config;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final KafkaConsumer<byte[], byte[]> sources;
    private final Admin admin;
    private final Map<String, String> topicIds = new HashMap<>();
    private @Nullable KafkaProducer<byte[], byte[]> producer;

    /** @throws StartupException if the cluster does not answer */
    public DeadLetters(HalfrateConfig config) throws InterruptedException {
        TopicSetup.awaitReachable(config.bootstrapServers());
        this.config = config;
        this.consumer = consumer();
        this.sources = consumer();
        this.admin = Admin.create(Map.copyOf(config.kafka()));
    }

    /**
     * A letter and its place in the topic.
     *
     * @param at when it was written
     */
    public record Found(int partition, long offset, Instant at, DeadLetter letter) {
        /** Such as 3:1204. */
        public String place() {
            return partition + ":" + offset;
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Is told of letters. */
    @FunctionalInterface
    public interface Each {
        /** @return whether to go on */
        boolean isMoreWantedAfter(Found found) throws InterruptedException;
    }

    /**
     * Reads all that is there now, partition after partition, from the oldest letter on.
     *
     * @throws StartupException if the topic is not there, or cannot be read to its end
     */
    public void read(Each each) throws InterruptedException {
        try {
            var topic = config.topics().deadLetters();
            // All at once: what comes back meanwhile is not for this reading.
            var ends = consumer.endOffsets(consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList());
            for (var partition = 0; partition < ends.size(); partition++) {
                var place = new TopicPartition(topic, partition);
                if (!readPartition(place, ends.getOrDefault(place, 0L), each)) {
                    return;
                }
            }
        } catch (UnknownTopicOrPartitionException e) {
            throw new StartupException("there is no topic " + config.topics().deadLetters(), e);
        } catch (KafkaException e) {
            throw new StartupException(
                    "%s cannot be read: %s".formatted(config.topics().deadLetters(), e.getMessage()), e);
        }
    }

    private boolean readPartition(TopicPartition partition, long end, Each each) throws InterruptedException {
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        var movedAt = System.nanoTime();
        for (var position = consumer.position(partition); position < end; ) {
            for (var entry : consumer.poll(POLL)) {
                if (entry.offset() < end && !each.isMoreWantedAfter(found(entry))) {
                    return false;
                }
            }
            var now = consumer.position(partition);
            if (now > position) {
                movedAt = System.nanoTime();
                position = now;
            } else if (System.nanoTime() - movedAt > STANDSTILL_MAX.toNanos()) {
                throw new StartupException("%s cannot be read beyond offset %d".formatted(partition, now));
            }
        }
        return true;
    }

    private static Found found(ConsumerRecord<byte[], byte[]> entry) {
        try {
            return new Found(
                    entry.partition(),
                    entry.offset(),
                    Instant.ofEpochMilli(entry.timestamp()),
                    DeadLetterCodec.fromRecord(entry));
        } catch (MalformedRecordException e) {
            throw new StartupException("%s-%d at %d is no dead letter: %s"
                    .formatted(entry.topic(), entry.partition(), entry.offset(), e.getMessage()));
        }
    }

    /** @return the record that a letter is about, with its headers; empty if it is not in its topic any more */
    public Optional<ConsumerRecord<byte[], byte[]>> source(DeadLetter letter) throws InterruptedException {
        if (!letter.topicId().equals(topicId(letter.topic()))) {
            return Optional.empty();
        }
        var partition = new TopicPartition(letter.topic(), letter.partition());
        sources.assign(List.of(partition));
        var first = sources.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
        var end = sources.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        if (letter.offset() < first || letter.offset() >= end) {
            return Optional.empty();
        }
        sources.seek(partition, letter.offset());
        var deadline = System.nanoTime() + STANDSTILL_MAX.toNanos();
        while (System.nanoTime() - deadline < 0) {
            for (var entry : sources.poll(POLL)) {
                return Optional.of(entry).filter(present -> present.offset() == letter.offset());
            }
        }
        return Optional.empty();
    }

    /** @return empty if there is no such topic */
    private String topicId(String topic) throws InterruptedException {
        var known = topicIds.get(topic);
        if (known != null) {
            return known;
        }
        var id = "";
        try {
            id = requireNonNull(admin.describeTopics(List.of(topic))
                            .allTopicNames()
                            .get()
                            .get(topic))
                    .topicId()
                    .toString();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                throw new StartupException("topic %s cannot be looked up: %s".formatted(topic, e.getCause()), e);
            }
        }
        topicIds.put(topic, id);
        return id;
    }

    /**
     * Sends a record to the topic that it came from, and returns when the broker has it.
     *
     * @param headers of the source; they say how often it was sent again
     */
    public void send(DeadLetter letter, byte @Nullable [] key, byte[] value, Headers headers)
            throws InterruptedException {
        if (producer == null) {
            var settings = new HashMap<String, Object>(config.kafka());
            settings.put(ProducerConfig.ACKS_CONFIG, "all");
            settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.MAX_VALUE);
            producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        }
        try {
            producer.send(new ProducerRecord<>(letter.topic(), null, key, value, headers))
                    .get();
        } catch (ExecutionException e) {
            throw new StartupException("topic %s did not take it: %s".formatted(letter.topic(), e.getCause()), e);
        }
    }

    @Override
    public void close() {
        consumer.close();
        sources.close();
        admin.close();
        if (producer != null) {
            producer.close();
        }
    }
}
