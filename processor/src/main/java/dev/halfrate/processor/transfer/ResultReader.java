package dev.halfrate.processor.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.halfrate.processor.codec.FeedReader;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.processor.ops.TopicSetup;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * The results topics, as anybody may read them who has the right to: without a group, committed records only. One thread, but for
 * {@link #wakeup}.
 */
public final class ResultReader implements AutoCloseable {
    private static final int FETCH_BYTES_MAX = 16 << 20;
    private static final Duration REGISTRY_WITHIN = Duration.ofSeconds(30);
    private static final long REGISTRY_PAUSE_MS = 200;

    private final FeedReader feeds;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final ResponseJoiner joiner;
    private final List<TopicPartition> partitions;
    private final Map<TopicPartition, Long> begins;
    private final Map<TopicPartition, Long> opened;
    private Map<TopicPartition, Long> ends;

    private ResultReader(
            FeedReader feeds,
            KafkaConsumer<byte[], byte[]> consumer,
            ResponseJoiner joiner,
            List<TopicPartition> partitions,
            Instant from) {
        this.feeds = feeds;
        this.consumer = consumer;
        this.joiner = joiner;
        this.partitions = partitions;
        this.opened = consumer.endOffsets(partitions);
        this.ends = opened;
        this.begins = begins(from);
        again();
    }

    /**
     * @param from results that were written then or later; {@link Instant#MIN} for all, {@link Instant#MAX} for those to come
     * @throws StartupException if the cluster does not answer, or has no such topic
     */
    public static ResultReader open(HalfrateConfig config, FeedReader feeds, Instant from) throws InterruptedException {
        return open(config, feeds, from, null);
    }

    /** @param customId whose results alone are wanted, so that other partitions need not be read; null for all */
    public static ResultReader open(HalfrateConfig config, FeedReader feeds, Instant from, @Nullable String customId)
            throws InterruptedException {
        TopicSetup.awaitReachable(config.kafka().getOrDefault(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, ""));
        var consumer = consumer(config);
        try {
            var partitions = new ArrayList<TopicPartition>();
            for (var topic : config.resultTopics().all()) {
                var found = consumer.partitionsFor(topic);
                if (found.isEmpty()) {
                    throw new StartupException(
                            "topic %s does not exist: has %s ever run there?".formatted(topic, config.application()));
                }
                found.stream()
                        .filter(info -> customId == null || info.partition() == partition(customId, found.size()))
                        .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
            }
            consumer.assign(partitions);
            return new ResultReader(feeds, consumer, new ResponseJoiner(() -> consumer(config)), partitions, from);
        } catch (KafkaException e) {
            consumer.close();
            throw new StartupException("results cannot be read: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }

    /** As Kafka's producers choose it. */
    private static int partition(String customId, int partitions) {
        return Utils.toPositive(Utils.murmur2(customId.getBytes(UTF_8))) % partitions;
    }

    private static KafkaConsumer<byte[], byte[]> consumer(HalfrateConfig config) {
        var settings = new HashMap<String, Object>();
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES_MAX);
        settings.putAll(config.kafka());
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // Of what was deleted while it was on the way there, the rest is read.
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private Map<TopicPartition, Long> begins(Instant from) {
        if (from.equals(Instant.MAX)) {
            return ends;
        }
        if (from.equals(Instant.MIN)) {
            return consumer.beginningOffsets(partitions);
        }
        var times = consumer.offsetsForTimes(
                partitions.stream().collect(Collectors.toMap(partition -> partition, _ -> from.toEpochMilli())));
        return partitions.stream().collect(Collectors.toMap(partition -> partition, partition -> {
            var found = times.get(partition);
            return found == null ? requireNonNull(ends.get(partition)) : found.offset();
        }));
    }

    /** Goes back to where it began. */
    void again() {
        begins.forEach(consumer::seek);
    }

    /** Whether everything was read that was there when it was opened, or up to the {@link #mark}. */
    boolean isAtEnd() {
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    /** Where it is now is its end. */
    void mark() {
        ends = partitions.stream().collect(Collectors.toMap(partition -> partition, consumer::position));
    }

    /** Goes on at its end. */
    void toMark() {
        ends.forEach(consumer::seek);
    }

    ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        return consumer.poll(timeout);
    }

    /** A poll that is under way, or else the next one, throws {@link org.apache.kafka.common.errors.WakeupException}. */
    void wakeup() {
        consumer.wakeup();
    }

    /** Whether it came after this was opened. */
    boolean isNew(ConsumerRecord<?, ?> received) {
        return received.offset() >= opened.getOrDefault(new TopicPartition(received.topic(), received.partition()), 0L);
    }

    /** @return a number that no other record of this reader's has */
    long place(ConsumerRecord<?, ?> received) {
        var partition = partitions.indexOf(new TopicPartition(received.topic(), received.partition()));
        return received.offset() * partitions.size() + partition;
    }

    /**
     * @throws dev.halfrate.processor.codec.MalformedRecordException if it is no result
     * @throws StartupException if the schema registry does not answer
     */
    Result decode(ConsumerRecord<byte[], byte[]> received) throws InterruptedException {
        var deadline = System.nanoTime() + REGISTRY_WITHIN.toNanos();
        while (System.nanoTime() - deadline < 0) {
            var result = feeds.result(received);
            if (result.isPresent()) {
                return result.get();
            }
            Thread.sleep(REGISTRY_PAUSE_MS);
        }
        throw new StartupException("the schema registry does not say what the results' schema is");
    }

    /** @return with its answer; as it is if the parts of that are gone */
    Result whole(Result result) throws InterruptedException {
        return joiner.join(result);
    }

    @Override
    public void close() {
        consumer.close();
        joiner.close();
    }
}
