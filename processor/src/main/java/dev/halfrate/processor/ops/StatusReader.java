package dev.halfrate.processor.ops;

import static java.util.Objects.requireNonNullElse;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.money.BatchSpend;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.RefChunk;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads from Kafka where everything stands, whether anybody runs or not. */
public final class StatusReader implements AutoCloseable {
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(200);

    /** Of the lane-inbox; more of them are said to be on their way, but not counted. */
    private static final int TRANSIT_RECORDS_MAX = 10_000;

    private final HalfrateConfig config;
    private final Admin admin;

    private StatusReader(HalfrateConfig config, Admin admin) {
        this.config = config;
        this.admin = admin;
    }

    /** @throws StartupException if the cluster does not answer, or the application has never run there */
    public static StatusReader open(HalfrateConfig config) throws InterruptedException {
        var servers = config.bootstrapServers();
        TopicSetup.awaitReachable(servers);
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
        var reader = new StatusReader(config, Admin.create(settings));
        try {
            if (reader.partitions(config.birthsTopic()).isEmpty()) {
                throw new StartupException("topic %s does not exist at %s: has %s ever run there?"
                        .formatted(config.birthsTopic(), servers, config.application()));
            }
            return reader;
        } catch (RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    /** @throws StartupException if Kafka does not answer */
    public Status read() throws InterruptedException {
        return read(holdings());
    }

    /**
     * @return what ledger and lanes hold
     * @throws StartupException if Kafka does not answer
     */
    public Holdings holdings() throws InterruptedException {
        try {
            var holdings = new Holdings();
            for (var part : Holdings.Part.values()) {
                take(holdings, part);
            }
            holdings.complete(Instant.now());
            return holdings;
        } catch (KafkaException e) {
            throw new StartupException("the status cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Looks only after what is not in {@code holdings}.
     *
     * @throws StartupException if Kafka does not answer
     */
    Status read(Holdings holdings) throws InterruptedException {
        try {
            var now = Instant.now();
            return new Status(
                    now,
                    processes(),
                    partitions(config.intakeGroup(), config.topics().requests(), Births.requestsTopics(config)),
                    partitions(config.sourcesGroup(), config.sourceTopics(), Births.eventsTopics(config)),
                    holdings.laneSums(),
                    holdings.pauses(),
                    inTransit(),
                    holdings.ledger(),
                    holdings.budgets(config.money().budgets(), now),
                    new OpenTransactions(admin, config.topics()).tooLong(now),
                    Births.faults(config));
        } catch (KafkaException e) {
            throw new StartupException("the status cannot be read: " + e.getMessage(), e);
        }
    }

    private int processes() throws InterruptedException {
        var group = config.intakeGroup();
        try {
            var description = admin.describeConsumerGroups(List.of(group))
                    .describedGroups()
                    .get(group);
            return description == null ? 0 : get(description).members().size();
        } catch (GroupIdNotFoundException _) {
            return 0;
        }
    }

    /** @param born the topics that the group ever read, and of how many partitions each */
    private List<Status.Partition> partitions(String group, List<String> configured, Map<String, Integer> born)
            throws InterruptedException {
        var offsets = committed(group);
        // What was read from a topic that is not configured any more went to the lanes all the same.
        var topics = new TreeSet<>(born.keySet());
        topics.addAll(configured);
        var read = new ArrayList<Status.Partition>();
        for (var topic : topics) {
            var existing = partitions(topic);
            var ends = ends(existing);
            for (var number = 0; number < Math.max(existing.size(), born.getOrDefault(topic, 0)); number++) {
                var partition = new TopicPartition(topic, number);
                var offset = offsets.get(partition);
                if (offset != null) {
                    read.add(new Status.Partition(
                            topic,
                            number,
                            ReadCounts.parse(offset.metadata()),
                            Math.max(0, ends.getOrDefault(partition, 0L) - offset.offset()),
                            configured.contains(topic)));
                } else if (number < born.getOrDefault(topic, 0)) {
                    read.add(new Status.Partition(
                            topic,
                            number,
                            ReadCounts.UNKNOWN,
                            ends.getOrDefault(partition, 0L),
                            configured.contains(topic)));
                }
            }
        }
        return read;
    }

    private Status.InTransit inTransit() throws InterruptedException {
        var from = committed(config.lanesGroup());
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(from.keySet());
            from.forEach((partition, offset) -> consumer.seek(partition, offset.offset()));
            var ends = consumer.endOffsets(from.keySet());
            var requests = 0L;
            var records = 0;
            var deadline = System.nanoTime() + ANSWER_WITHIN.toNanos();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                if (records > TRANSIT_RECORDS_MAX || System.nanoTime() - deadline > 0) {
                    return new Status.InTransit(requests, false);
                }
                for (var entry : consumer.poll(POLL)) {
                    records++;
                    if (InternalFormat.decodeAny(entry.value()) instanceof RefChunk chunk) {
                        requests += chunk.getRefs().size();
                    }
                }
            }
            return new Status.InTransit(requests, true);
        }
    }

    /** @return what was spent on each batch that the ledger holds */
    public List<BatchSpend> spends() throws InterruptedException {
        var holdings = new Holdings();
        take(holdings, Holdings.Part.LEDGER);
        return holdings.spends();
    }

    // ---- Kafka ----

    private void take(Holdings holdings, Holdings.Part part) throws InterruptedException {
        var now = Instant.now();
        CompactedTopics.read(config, partitions(part.topic(config)))
                .forEach((partition, held) -> held.forEach(
                        (key, value) -> holdings.take(part, partition.partition(), key.get(), value, now)));
    }

    /** @return none if there is no such topic */
    private List<TopicPartition> partitions(String topic) throws InterruptedException {
        try {
            var answer = admin.describeTopics(List.of(topic)).topicNameValues().get(topic);
            var partitions = answer == null ? 0 : get(answer).partitions().size();
            return IntStream.range(0, partitions)
                    .mapToObj(partition -> new TopicPartition(topic, partition))
                    .toList();
        } catch (UnknownTopicOrPartitionException _) {
            return List.of();
        }
    }

    private Map<TopicPartition, OffsetAndMetadata> committed(String group) throws InterruptedException {
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
                .forEach((partition, offset) -> {
                    if (offset != null) {
                        offsets.put(partition, offset);
                    }
                });
        return offsets;
    }

    private Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions) throws InterruptedException {
        var ends = get(admin.listOffsets(
                        partitions.stream().collect(Collectors.toMap(partition -> partition, _ -> OffsetSpec.latest())))
                .all());
        return ends.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().offset()));
    }

    private static <T> T get(KafkaFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            var cause = requireNonNullElse(e.getCause(), e);
            throw cause instanceof KafkaException known ? known : new KafkaException(cause);
        }
    }

    @Override
    public void close() {
        admin.close(ANSWER_WITHIN);
    }
}
