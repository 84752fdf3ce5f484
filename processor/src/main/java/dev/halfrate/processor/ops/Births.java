package dev.halfrate.processor.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.BindingRules.Binding;
import dev.halfrate.processor.ops.BirthRules.Birth;
import dev.halfrate.processor.ops.BirthRules.Found;
import dev.halfrate.processor.ops.BirthRules.Kind;
import dev.halfrate.processor.ops.BirthRules.Range;
import dev.halfrate.processor.ops.BirthRules.Role;
import dev.halfrate.processor.ops.BirthRules.Shape;
import dev.halfrate.schemas.internal.AccountBinding;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.TopicBirth;
import dev.halfrate.schemas.internal.TopicId;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the topics, offsets and accounts against those that the application began with, before anything reads: no
 * group ever begins anew in silence, and no batch is looked for where it is not.
 *
 * <p>Whoever writes holds the transactional id of births, so of several first starts one decides and the others look
 * again; and a first start that dies has recorded all or nothing.
 */
public final class Births {
    /** Stores of the lanes, whose changelogs appear with the first start of Kafka Streams. */
    public static final List<String> LANE_STORES =
            List.of("lanes", "chunks", "delayed", "ids", "batches", "learned", "spend", "pauses");

    private static final Logger log = LoggerFactory.getLogger(Births.class);

    /** Before the name of a requests topic. */
    private static final String REQUESTS = "requests/";

    /** Before the name of a topic of sources' events. */
    private static final String EVENTS = "events/";

    /** Before the name of an account. */
    private static final String ACCOUNT = "account/";

    /** Headers that choose whose batches they are. */
    private static final Pattern CHOOSING = Pattern.compile("organi[sz]ation|project|workspace");

    private static final ReentrantLock NOTING = new ReentrantLock();
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);
    private static final int TRIES_MAX = 10;
    private static final int TRY_AGAIN_MS_MAX = 1_000;

    private final HalfrateConfig config;
    private final Set<Guard> accepted;
    private final List<Role> roles;
    private final TopicPartition births;
    private final List<AccountConfig> accounts;

    private Births(HalfrateConfig config, Set<Guard> accepted) {
        this(config, accepted, true);
    }

    /** @param accounts whether they are held against what they were, too */
    private Births(HalfrateConfig config, Set<Guard> accepted, boolean accounts) {
        this.accounts = accounts ? config.accounts() : List.of();
        this.config = config;
        this.accepted = accepted;
        this.roles = roles(config);
        this.births = new TopicPartition(config.birthsTopic(), 0);
    }

    private static List<Role> roles(HalfrateConfig config) {
        var topics = config.topics();
        var roles = new ArrayList<Role>();
        for (var topic : topics.requests()) {
            roles.add(new Role(REQUESTS + topic, topic, config.intakeGroup(), ReadCounts.NONE.toText(), Kind.REQUESTS));
        }
        for (var topic : config.sourceTopics()) {
            roles.add(new Role(EVENTS + topic, topic, config.sourcesGroup(), ReadCounts.NONE.toText(), Kind.EVENTS));
        }
        roles.addAll(List.of(
                new Role("lane-inbox", topics.laneInbox(), config.lanesGroup(), "", Kind.INTERNAL),
                new Role("work", topics.work(), config.ledgerGroup(), "", Kind.INTERNAL),
                new Role("ledger", topics.ledger(), null, "", Kind.INTERNAL)));
        for (var store : LANE_STORES) {
            roles.add(new Role("changelog/" + store, config.lanesChangelog(store), null, "", Kind.INTERNAL));
        }
        return roles;
    }

    /**
     * Returns when every partition has an offset that its group may begin from.
     *
     * @param accepted by the operator, for this time
     * @return the organizations that the accounts are known to belong to, by account
     * @throws StartupException saying what happened, what it may cost and how to accept it, one line for each fault
     */
    public static Map<String, String> check(HalfrateConfig config, Set<Guard> accepted) throws InterruptedException {
        try {
            return new Births(config, accepted).check();
        } catch (KafkaException e) {
            throw new StartupException(
                    "topics and offsets cannot be held against those of the first start: " + e.getMessage(), e);
        }
    }

    /**
     * The same of topics and offsets alone, while running.
     *
     * @throws StartupException as {@link #check}
     */
    public static void checkTopics(HalfrateConfig config) throws InterruptedException {
        try {
            new Births(config, Set.of(), false).check();
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
        return new Births(config, Set.of()).decide().faults();
    }

    /**
     * What the next start will find.
     *
     * @param begun whether a start has noted anything yet
     * @param faults why it will be refused, as {@link #check} says it
     * @param organizations whose the accounts are known to be, by account
     */
    public record Outlook(boolean begun, List<String> faults, Map<String, String> organizations) {}

    /**
     * Looks as a start does, and writes nothing.
     *
     * @throws KafkaException if nobody tells
     */
    public static Outlook outlook(HalfrateConfig config, Admin admin) throws InterruptedException {
        var look = new Births(config, Set.of());
        var begun = TopicSurvey.described(admin, List.of(config.birthsTopic())).has(config.birthsTopic());
        var recorded = begun ? look.recorded() : new Recorded(Map.of(), Map.of());
        var decision = look.decide(recorded);
        return new Outlook(!recorded.births.isEmpty(), decision.faults(), decision.organizations());
    }

    /**
     * @return the topics that requests were ever read from, and of how many partitions each
     * @throws KafkaException if nobody tells
     */
    static Map<String, Integer> requestsTopics(HalfrateConfig config) throws InterruptedException {
        return topics(config, REQUESTS);
    }

    /**
     * @return the topics that events were ever read from, likewise
     * @throws KafkaException if nobody tells
     */
    static Map<String, Integer> eventsTopics(HalfrateConfig config) throws InterruptedException {
        return topics(config, EVENTS);
    }

    private static Map<String, Integer> topics(HalfrateConfig config, String prefix) throws InterruptedException {
        return new Births(config, Set.of())
                .recorded().births.entrySet().stream()
                        .filter(birth -> birth.getKey().startsWith(prefix))
                        .map(Map.Entry::getValue)
                        .collect(Collectors.toMap(Birth::topic, Birth::partitions));
    }

    /**
     * Notes whose batches an account's are, if nobody has before.
     *
     * @return whose they are, empty if that could not be noted
     */
    public static String noteOrganization(HalfrateConfig config, String account, String organization) {
        NOTING.lock();
        try {
            var births = new Births(config, Set.of());
            var present = births.recorded().bindings.get(account);
            // Without the lock of all processes where it can be, for all of them learn it at the same time.
            return present == null
                            || merged(present.organization(), organization).equals(present.organization())
                    ? present == null ? "" : present.organization()
                    : births.alone(producer -> births.noteOrganization(producer, account, organization));
        } catch (KafkaException e) {
            log.warn("account {}: its organization is not yet noted for later starts: {}", account, e.toString());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            NOTING.unlock();
        }
        return "";
    }

    /** @return what was kept, and what has been seen since of what it leaves out */
    private static String merged(String kept, String seen) {
        var names = new LinkedHashMap<String, String>();
        Stream.of(kept.split(" ", -1), seen.split(" ", -1))
                .flatMap(Stream::of)
                .filter(name -> !name.isEmpty())
                .forEach(name -> names.putIfAbsent(name.replaceFirst("=.*", ""), name));
        return String.join(" ", names.values());
    }

    private String noteOrganization(KafkaProducer<byte[], byte[]> producer, String account, String organization)
            throws InterruptedException {
        var binding = recorded().bindings.get(account);
        if (binding == null) {
            return "";
        }
        var all = merged(binding.organization(), organization);
        producer.beginTransaction();
        send(producer, account, binding.of(all));
        producer.commitTransaction();
        return all;
    }

    private Map<String, String> check() throws InterruptedException {
        // A look without the lock is enough where all is well; what looks amiss may be another one's half-visible
        // commit.
        if (accepted.isEmpty()) {
            var decision = decide();
            if (decision.changesNothing()) {
                return decision.organizations();
            }
        }
        return alone(this::decide);
    }

    @FunctionalInterface
    private interface Work<T> {
        T with(KafkaProducer<byte[], byte[]> producer) throws InterruptedException;
    }

    /** While nobody else writes. */
    private <T> T alone(Work<T> work) throws InterruptedException {
        for (var tries = 1; ; tries++) {
            try (var producer = producer()) {
                producer.initTransactions();
                return work.with(producer);
            } catch (KafkaException e) {
                if (!isOusted(e) || tries == TRIES_MAX) {
                    throw e;
                }
                log.debug("another process starts at the same time", e);
                Thread.sleep(ThreadLocalRandom.current().nextInt(TRY_AGAIN_MS_MAX));
            }
        }
    }

    private static boolean isOusted(@Nullable Throwable thrown) {
        return thrown != null
                && (thrown instanceof ProducerFencedException
                        || thrown instanceof InvalidProducerEpochException
                        // What it began was ended by another one, or by a coordinator that took over meanwhile.
                        || thrown instanceof InvalidTxnStateException
                        || isOusted(thrown.getCause()));
    }

    /** What the rules say of what is there. */
    private record Decision(BirthRules.Decision topics, BindingRules.Decision accounts, Map<String, Binding> recorded) {
        Map<String, String> organizations() {
            var organizations = new HashMap<String, String>();
            recorded.forEach((account, binding) -> organizations.put(account, binding.organization()));
            accounts.bindings().forEach((account, binding) -> organizations.put(account, binding.organization()));
            return organizations;
        }

        List<String> faults() {
            return Stream.concat(topics.faults().stream(), accounts.faults().stream())
                    .toList();
        }

        boolean changesNothing() {
            return topics.changesNothing()
                    && accounts.faults().isEmpty()
                    && accounts.bindings().isEmpty();
        }

        boolean used(Guard guard) {
            return topics.used().contains(guard) || accounts.used().contains(guard);
        }
    }

    private Decision decide() throws InterruptedException {
        return decide(recorded());
    }

    private Decision decide(Recorded recorded) throws InterruptedException {
        return new Decision(
                BirthRules.decide(roles, look(recorded.births), accepted),
                BindingRules.decide(configured(), recorded.bindings, accepted),
                recorded.bindings);
    }

    private Map<String, String> decide(KafkaProducer<byte[], byte[]> producer) throws InterruptedException {
        var decision = decide();
        if (!decision.faults().isEmpty()) {
            throw new StartupException(String.join(System.lineSeparator(), decision.faults()));
        }
        if (!decision.changesNothing()) {
            producer.beginTransaction();
            decision.topics().births().forEach((key, birth) -> send(producer, key, encode(birth)));
            decision.accounts().bindings().forEach((account, binding) -> send(producer, account, binding));
            var offsets = decision.topics().offsets();
            offsets.forEach((group, begin) -> producer.sendOffsetsToTransaction(begin, nonMember(group)));
            producer.commitTransaction();
            offsets.forEach((group, begin) -> begin.forEach(
                    (partition, offset) -> log.info("group {} begins at {} of {}", group, offset.offset(), partition)));
        }
        decision.accounts().bindings().forEach((account, binding) -> {
            var before = decision.recorded().get(account);
            if (before != null && !before.organization().isEmpty()) {
                log.warn("account {}: may be another one's than {} from now on", account, before.organization());
            }
        });
        for (var guard : accepted) {
            if (decision.used(guard)) {
                log.warn("{}: accepted; leave it out from now on", guard.option());
            } else {
                log.warn("{}: there was nothing to accept, leave it out", guard.option());
            }
        }
        return decision.organizations();
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String account, Binding binding) {
        var value = new AccountBinding(
                binding.provider(),
                binding.baseUrl(),
                binding.headers(),
                binding.organization(),
                System.currentTimeMillis());
        send(producer, ACCOUNT + account, InternalFormat.ACCOUNT_BINDING.encode(value));
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String key, byte[] value) {
        var _ = producer.send(new ProducerRecord<>(births.topic(), births.partition(), key.getBytes(UTF_8), value));
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

    private static Birth birth(TopicBirth birth) {
        var id = ByteBuffer.wrap(birth.getTopicId().bytes());
        return new Birth(birth.getTopic(), new Uuid(id.getLong(), id.getLong()), birth.getPartitions());
    }

    // ---- what is there ----

    private Map<String, Binding> configured() {
        return accounts.stream().collect(Collectors.toMap(AccountConfig::name, Births::binding));
    }

    private static Binding binding(AccountConfig account) {
        var headers = new HashMap<String, String>();
        account.http().headers().forEach((name, value) -> {
            var lower = name.toLowerCase(Locale.ROOT);
            if (CHOOSING.matcher(lower).find()) {
                headers.put(lower, hash(value.reveal()));
            }
        });
        return new Binding(account.provider(), account.server(), headers, "");
    }

    private static String hash(String value) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(value.getBytes(UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private Found look(Map<String, Birth> recorded) throws InterruptedException {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
        try (var admin = Admin.create(settings)) {
            var shapes = shapes(admin);
            return new Found(shapes, recorded, offsets(admin, shapes), ranges(admin, shapes));
        }
    }

    private record Recorded(Map<String, Birth> births, Map<String, Binding> bindings) {}

    private Recorded recorded() throws InterruptedException {
        var recorded = new Recorded(new HashMap<>(), new HashMap<>());
        CompactedTopics.read(config, List.of(births))
                .getOrDefault(births, Map.of())
                .forEach((bytes, value) -> {
                    var key = new String(bytes.get(), UTF_8);
                    if (key.startsWith(ACCOUNT)) {
                        recorded.bindings.put(
                                key.substring(ACCOUNT.length()), binding(InternalFormat.ACCOUNT_BINDING.decode(value)));
                    } else {
                        recorded.births.put(key, birth(InternalFormat.TOPIC_BIRTH.decode(value)));
                    }
                });
        return recorded;
    }

    private static Binding binding(AccountBinding binding) {
        return new Binding(
                binding.getProvider(), binding.getBaseUrl(), binding.getHeaders(), binding.getOrganization());
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
