package dev.halfrate.processor.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.BirthRules.Birth;
import dev.halfrate.processor.ops.BirthRules.Found;
import dev.halfrate.processor.ops.BirthRules.Range;
import dev.halfrate.processor.ops.BirthRules.Role;
import dev.halfrate.processor.ops.BirthRules.Shape;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.TopicBirth;
import dev.halfrate.schemas.internal.TopicId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the topics and offsets against those that the application began with, before anything reads: no group ever
 * begins anew in silence.
 *
 * <p>Whoever writes holds the transactional id of births, so of several first starts one decides and the others look
 * again; and a first start that dies has recorded all or nothing.
 */
public final class Births {
    /** Stores of the lanes, whose changelogs appear with the first start of Kafka Streams. */
    public static final List<String> LANE_STORES = List.of("lanes", "chunks", "delayed", "ids", "batches");

    private static final Logger log = LoggerFactory.getLogger(Births.class);

    /** Before the name of a requests topic. */
    private static final String REQUESTS = "requests/";

    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);
    private static final int TRIES_MAX = 10;
    private static final int TRY_AGAIN_MS_MAX = 1_000;

    private final HalfrateConfig config;
    private final Set<Guard> accepted;
    private final List<Role> roles;
    private final TopicPartition births;

    private Births(HalfrateConfig config, Set<Guard> accepted) {
        this.config = config;
        this.accepted = accepted;
        this.roles = roles(config);
        this.births = new TopicPartition(config.birthsTopic(), 0);
    }

    private static List<Role> roles(HalfrateConfig config) {
        var topics = config.topics();
        var roles = new ArrayList<Role>();
        for (var topic : topics.requests()) {
            roles.add(new Role(REQUESTS + topic, topic, config.intakeGroup(), ReadCounts.NONE.toText(), false));
        }
        roles.addAll(List.of(
                new Role("lane-inbox", topics.laneInbox(), config.lanesGroup(), "", true),
                new Role("work", topics.work(), config.ledgerGroup(), "", true),
                new Role("ledger", topics.ledger(), null, "", true)));
        for (var store : LANE_STORES) {
            roles.add(new Role("changelog/" + store, config.lanesChangelog(store), null, "", true));
        }
        return roles;
    }

    /**
     * Returns when every partition has an offset that its group may begin from.
     *
     * @param accepted by the operator, for this time
     * @throws StartupException saying what happened, what it may cost and how to accept it, one line for each fault
     */
    public static void check(HalfrateConfig config, Set<Guard> accepted) throws InterruptedException {
        try {
            new Births(config, accepted).check();
        } catch (KafkaException e) {
            throw new StartupException(
                    "topics and offsets cannot be held against those of the first start: " + e.getMessage(), e);
        }
    }

    /**
     * @return why a start would be refused, a line for each fault; one that is gone at the next look was another one's
     *     commit that was visible in part
     * @throws KafkaException if nobody tells
     */
    static List<String> faults(HalfrateConfig config) throws InterruptedException {
        var births = new Births(config, Set.of());
        return BirthRules.decide(births.roles, births.look(), Set.of()).faults();
    }

    /**
     * @return the topics that requests were ever read from, and of how many partitions each
     * @throws KafkaException if nobody tells
     */
    static Map<String, Integer> requestsTopics(HalfrateConfig config) throws InterruptedException {
        return new Births(config, Set.of())
                .recorded().entrySet().stream()
                        .filter(birth -> birth.getKey().startsWith(REQUESTS))
                        .map(Map.Entry::getValue)
                        .collect(Collectors.toMap(Birth::topic, Birth::partitions));
    }

    private void check() throws InterruptedException {
        // A look without the lock is enough where all is well; what looks amiss may be another one's half-visible
        // commit.
        if (accepted.isEmpty() && BirthRules.decide(roles, look(), accepted).changesNothing()) {
            return;
        }
        for (var tries = 1; ; tries++) {
            try (var producer = producer()) {
                producer.initTransactions();
                decide(producer);
                return;
            } catch (KafkaException e) {
                if (!isFenced(e) || tries == TRIES_MAX) {
                    throw e;
                }
                log.debug("another process starts at the same time", e);
                Thread.sleep(ThreadLocalRandom.current().nextInt(TRY_AGAIN_MS_MAX));
            }
        }
    }

    private static boolean isFenced(@Nullable Throwable thrown) {
        return thrown != null
                && (thrown instanceof ProducerFencedException
                        || thrown instanceof InvalidProducerEpochException
                        || isFenced(thrown.getCause()));
    }

    private void decide(KafkaProducer<byte[], byte[]> producer) throws InterruptedException {
        var decision = BirthRules.decide(roles, look(), accepted);
        if (!decision.faults().isEmpty()) {
            throw new StartupException(String.join(System.lineSeparator(), decision.faults()));
        }
        if (!decision.changesNothing()) {
            producer.beginTransaction();
            decision.births().forEach((key, birth) -> {
                var _ = producer.send(
                        new ProducerRecord<>(births.topic(), births.partition(), key.getBytes(UTF_8), encode(birth)));
            });
            decision.offsets()
                    .forEach((group, offsets) -> producer.sendOffsetsToTransaction(offsets, nonMember(group)));
            producer.commitTransaction();
            decision.offsets()
                    .forEach((group, offsets) -> offsets.forEach((partition, offset) ->
                            log.info("group {} begins at {} of {}", group, offset.offset(), partition)));
        }
        for (var guard : accepted) {
            if (decision.used().contains(guard)) {
                log.warn("{}: accepted; leave it out from now on", guard.option());
            } else {
                log.warn("{}: there was nothing to accept, leave it out", guard.option());
            }
        }
    }

    @SuppressWarnings("NullAway") // Kafka's null stands for a deleted value; its interfaces are not annotated.
    private static byte[] encode(@Nullable Birth birth) {
        return birth == null
                ? null
                : InternalFormat.TOPIC_BIRTH.encode(new TopicBirth(
                        birth.topic(),
                        new TopicId(ByteBuffer.allocate(16)
                                .putLong(birth.id().getMostSignificantBits())
                                .putLong(birth.id().getLeastSignificantBits())
                                .array()),
                        birth.partitions(),
                        System.currentTimeMillis()));
    }

    private static Birth decode(byte[] value) {
        var birth = InternalFormat.TOPIC_BIRTH.decode(value);
        var id = ByteBuffer.wrap(birth.getTopicId().bytes());
        return new Birth(birth.getTopic(), new Uuid(id.getLong(), id.getLong()), birth.getPartitions());
    }

    // ---- what is there ----

    private Found look() throws InterruptedException {
        var recorded = recorded();
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
        try (var admin = Admin.create(settings)) {
            var shapes = shapes(admin);
            return new Found(shapes, recorded, offsets(admin, shapes), ranges(admin, shapes));
        }
    }

    private Map<String, Birth> recorded() throws InterruptedException {
        var recorded = new HashMap<String, Birth>();
        CompactedTopics.read(config, List.of(births))
                .getOrDefault(births, Map.of())
                .forEach((key, value) -> recorded.put(new String(key.get(), UTF_8), decode(value)));
        return recorded;
    }

    private Map<String, Shape> shapes(Admin admin) throws InterruptedException {
        var topics = roles.stream().map(Role::topic).toList();
        var shapes = new HashMap<String, Shape>();
        for (var answer : admin.describeTopics(topics).topicNameValues().entrySet()) {
            try {
                var topic = get(answer.getValue());
                shapes.put(
                        answer.getKey(),
                        new Shape(topic.topicId(), topic.partitions().size()));
            } catch (UnknownTopicOrPartitionException _) {
                log.debug("topic {} does not exist", answer.getKey());
            }
        }
        return shapes;
    }

    private Map<TopicPartition, OffsetAndMetadata> offsets(Admin admin, Map<String, Shape> shapes)
            throws InterruptedException {
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        for (var role : roles) {
            if (role.group() != null) {
                var spec = new ListConsumerGroupOffsetsSpec().topicPartitions(partitions(role, shapes));
                var answer = admin.listConsumerGroupOffsets(Map.of(role.group(), spec));
                get(answer.partitionsToOffsetAndMetadata(role.group())).forEach((partition, offset) -> {
                    if (offset != null) {
                        offsets.put(partition, offset);
                    }
                });
            }
        }
        return offsets;
    }

    private Map<TopicPartition, Range> ranges(Admin admin, Map<String, Shape> shapes) throws InterruptedException {
        var partitions = roles.stream()
                .flatMap(role -> partitions(role, shapes).stream())
                .toList();
        var first = get(admin.listOffsets(partitions.stream()
                        .collect(Collectors.toMap(partition -> partition, _ -> OffsetSpec.earliest())))
                .all());
        var last = get(admin.listOffsets(
                        partitions.stream().collect(Collectors.toMap(partition -> partition, _ -> OffsetSpec.latest())))
                .all());
        return partitions.stream()
                .collect(Collectors.toMap(
                        partition -> partition,
                        partition -> new Range(
                                Objects.requireNonNull(first.get(partition)).offset(),
                                Objects.requireNonNull(last.get(partition)).offset())));
    }

    private static List<TopicPartition> partitions(Role role, Map<String, Shape> shapes) {
        var partitions = new ArrayList<TopicPartition>();
        var shape = shapes.get(role.topic());
        for (var number = 0; shape != null && number < shape.partitions(); number++) {
            partitions.add(new TopicPartition(role.topic(), number));
        }
        return partitions;
    }

    // ---- clients ----

    private KafkaProducer<byte[], byte[]> producer() {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, config.birthsTopic());
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, config.birthsTopic());
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** As which one may commit in a transaction whether the group has members or not. */
    private ConsumerGroupMetadata nonMember(String group) {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            return consumer.groupMetadata();
        }
    }

    private static <T> T get(KafkaFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        }
    }
}
