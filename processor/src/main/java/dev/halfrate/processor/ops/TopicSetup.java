package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.Durations;
import dev.halfrate.processor.config.HalfrateConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes or checks the topics before anything starts. A wrong setting is not repaired but reported: compaction
 * of the requests or deletion of the ledger would lose what people paid for, and a topic may have other users.
 */
public final class TopicSetup {
    private static final Logger log = LoggerFactory.getLogger(TopicSetup.class);

    private static final int MESSAGE_BYTES_MAX = 20 * 1024 * 1024;

    /** A part of a response, its key and headers. */
    private static final int PART_BYTES_MAX = 600_000;

    private static final Duration REACHABLE_WITHIN = Duration.ofSeconds(8);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);
    private static final Duration RETENTION_MARGIN = Duration.ofDays(1);
    private static final Duration REQUESTS_RETENTION = Duration.ofDays(7);
    private static final Duration INBOX_RETENTION = Duration.ofDays(30);
    private static final Duration REPLAY_MAX = Duration.ofHours(1);
    private static final Duration DELETIONS_KEPT = Duration.ofDays(1);
    private static final short TRANSACTION_VERSION_MIN = 2;

    private final HalfrateConfig config;
    private final String bootstrapServers;
    private final Admin admin;

    private TopicSetup(HalfrateConfig config, String bootstrapServers, Admin admin) {
        this.config = config;
        this.bootstrapServers = bootstrapServers;
        this.admin = admin;
    }

    /**
     * Returns when every topic exists and is fit.
     *
     * @return partitions of the work topic
     * @throws StartupException saying what to change, one line for each fault
     */
    public static int ensure(HalfrateConfig config) throws InterruptedException {
        var bootstrapServers = config.kafka().getOrDefault(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, "");
        awaitReachable(bootstrapServers);
        var settings = new HashMap<String, Object>(config.kafka());
        settings.putIfAbsent(AdminClientConfig.CLIENT_ID_CONFIG, config.application() + "-setup");
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ANSWER_WITHIN.toMillis());
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) REACHABLE_WITHIN.toMillis());
        try (var admin = Admin.create(settings)) {
            return new TopicSetup(config, bootstrapServers, admin).ensure();
        } catch (KafkaException e) {
            throw new StartupException(
                    "the Kafka cluster at " + bootstrapServers + " cannot be used: "
                            + rootCause(e).getMessage(),
                    e);
        }
    }

    private int ensure() throws InterruptedException {
        requireTransactions();
        requireSources();
        var plans = plans();
        var found = describe(plans);
        var missing =
                plans.stream().filter(plan -> !found.containsKey(plan.name())).toList();
        if (!missing.isEmpty()) {
            create(missing);
            found.putAll(describe(missing));
        }
        var faults = new ArrayList<String>();
        checkPartitions(found, faults);
        // A new topic's are as asked for, and a broker that has not heard of them yet would name its defaults.
        checkSettings(plans.stream().filter(plan -> !missing.contains(plan)).toList(), faults);
        if (!faults.isEmpty()) {
            throw new StartupException(String.join(System.lineSeparator(), faults));
        }
        return partitions(found, config.topics().work());
    }

    /**
     * Before a Kafka client is made, because that one would write a warning for each try.
     */
    static void awaitReachable(String bootstrapServers) throws InterruptedException {
        var deadline = System.nanoTime() + REACHABLE_WITHIN.toNanos();
        var reason = "no host:port is given";
        do {
            for (var server : bootstrapServers.split(",", -1)) {
                var colon = server.lastIndexOf(':');
                if (colon < 0 || !server.substring(colon + 1).strip().matches("\\d{1,5}")) {
                    continue;
                }
                try (var socket = new Socket()) {
                    var address = new InetSocketAddress(
                            server.substring(0, colon).strip(),
                            Integer.parseInt(server.substring(colon + 1).strip()));
                    socket.connect(address, 2_000);
                    return;
                } catch (IOException | IllegalArgumentException e) {
                    reason = e instanceof java.net.UnknownHostException
                            ? "unknown host"
                            : String.valueOf(e.getMessage());
                }
            }
            Thread.sleep(250);
        } while (System.nanoTime() < deadline);
        throw new StartupException(
                "no Kafka broker answers at '%s' (kafka.bootstrap.servers): %s".formatted(bootstrapServers, reason));
    }

    private void requireTransactions() throws InterruptedException {
        var features = get(admin.describeFeatures().featureMetadata()).finalizedFeatures();
        var version = features.get("transaction.version");
        var found = version == null ? 0 : version.maxVersionLevel();
        if (found < TRANSACTION_VERSION_MIN) {
            throw new StartupException(
                    "the Kafka cluster at %1$s has transaction.version %2$d, %3$d or higher is needed;"
                                    .formatted(bootstrapServers, found, TRANSACTION_VERSION_MIN)
                            + " change it: kafka-features.sh --bootstrap-server %s upgrade --feature transaction.version=%d"
                                    .formatted(bootstrapServers, TRANSACTION_VERSION_MIN));
        }
    }

    /** They are other people's, and one that is misspelt would be made and stay empty. */
    private void requireSources() throws InterruptedException {
        var missing = new ArrayList<String>();
        for (var answer :
                admin.describeTopics(config.sourceTopics()).topicNameValues().entrySet()) {
            try {
                get(answer.getValue());
            } catch (UnknownTopicOrPartitionException _) {
                missing.add("topic %s, which sources read (sources.topic), does not exist; it is not Halfrate's to make"
                        .formatted(answer.getKey()));
            }
        }
        if (!missing.isEmpty()) {
            throw new StartupException(String.join(System.lineSeparator(), missing));
        }
    }

    private record Plan(String name, int partitions, List<TopicRule> rules) {
        /** Those of one topic first, then those that it shares. */
        static List<TopicRule> rules(List<TopicRule> shared, TopicRule... own) {
            return Stream.concat(Stream.of(own), shared.stream()).toList();
        }

        Map<String, String> settings() {
            return rules.stream().collect(Collectors.toMap(TopicRule::setting, TopicRule::value));
        }
    }

    private List<Plan> plans() {
        var topics = config.topics();
        var partitions = topics.partitions();
        var ttl = config.requests().ttl();
        var because = "requests.ttl is " + Durations.format(ttl);
        var deleted = TopicRule.is("cleanup.policy", "delete");
        // A limit on bytes could delete before the time is over.
        var timeOnly = TopicRule.is("retention.bytes", "-1");
        var large = TopicRule.atLeast("max.message.bytes", MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX);
        var inSync = topics.inSyncReplicasMin();
        // Ours hold the only copy of what they hold; the others are shared, so a looser one is its owner's choice.
        var durable = List.of(
                TopicRule.atLeast(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, inSync, inSync),
                TopicRule.is(TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false"));
        var initiallyDurable = List.of(
                TopicRule.initially(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, String.valueOf(inSync)),
                TopicRule.initially(TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false"));
        var kept = Plan.rules(
                durable,
                TopicRule.is("cleanup.policy", "compact"),
                large,
                // Who replays for longer than that could see a record, but not that it was deleted since.
                TopicRule.atLeast("delete.retention.ms", REPLAY_MAX.toMillis(), DELETIONS_KEPT.toMillis()));
        var requests = topics.requests().stream()
                .map(topic -> new Plan(
                        topic,
                        partitions,
                        Plan.rules(
                                initiallyDurable,
                                deleted,
                                TopicRule.atLeast("max.message.bytes", 1, MESSAGE_BYTES_MAX),
                                retention(ttl, REQUESTS_RETENTION, because),
                                timeOnly)));
        var results = config.resultTopics().all().stream()
                .map(topic -> new Plan(topic, partitions, Plan.rules(initiallyDurable, large)));
        var others = Stream.of(
                // Never compacted: the parts of one body have one key.
                new Plan(
                        topics.resultParts(),
                        partitions,
                        Plan.rules(
                                initiallyDurable,
                                deleted,
                                TopicRule.atLeast("max.message.bytes", PART_BYTES_MAX, PART_BYTES_MAX))),
                new Plan(topics.batches(), partitions, Plan.rules(initiallyDurable)),
                new Plan(topics.deadLetters(), partitions, Plan.rules(initiallyDurable, large)),
                new Plan(topics.diagnostics(), partitions, Plan.rules(initiallyDurable)),
                new Plan(
                        topics.laneInbox(),
                        partitions,
                        Plan.rules(durable, deleted, large, retention(ttl, INBOX_RETENTION, because), timeOnly)),
                new Plan(topics.work(), partitions, kept),
                new Plan(topics.ledger(), partitions, kept),
                new Plan(config.birthsTopic(), 1, kept));
        return Stream.of(requests, results, others).flatMap(plans -> plans).toList();
    }

    private static TopicRule retention(Duration ttl, Duration usual, String because) {
        var value = ttl.plus(RETENTION_MARGIN).compareTo(usual) > 0 ? ttl.plus(RETENTION_MARGIN) : usual;
        return TopicRule.retention("retention.ms", ttl.toMillis(), because, value.toMillis());
    }

    private Map<String, TopicDescription> describe(Collection<Plan> plans) throws InterruptedException {
        var answers =
                admin.describeTopics(plans.stream().map(Plan::name).toList()).topicNameValues();
        var found = new HashMap<String, TopicDescription>();
        for (var answer : answers.entrySet()) {
            try {
                found.put(answer.getKey(), get(answer.getValue()));
            } catch (UnknownTopicOrPartitionException _) {
                log.debug("topic {} does not exist yet", answer.getKey());
            }
        }
        return found;
    }

    private void create(List<Plan> missing) throws InterruptedException {
        var topics = config.topics();
        if (!topics.create()) {
            throw new StartupException(missing.stream()
                    .map(plan -> "topic %s does not exist and topics.create is off; make it: %s"
                            .formatted(plan.name(), createCommand(plan)))
                    .collect(Collectors.joining(System.lineSeparator())));
        }
        var wanted = missing.stream()
                .map(plan -> new NewTopic(plan.name(), plan.partitions(), (short) topics.replicationFactor())
                        .configs(plan.settings()))
                .toList();
        for (var answer : admin.createTopics(wanted).values().entrySet()) {
            try {
                get(answer.getValue());
                log.info("created topic {}", answer.getKey());
            } catch (TopicExistsException _) {
                log.debug("another process created topic {} just now", answer.getKey());
            } catch (KafkaException e) {
                throw new StartupException(
                        "topic %s could not be created: %s"
                                .formatted(answer.getKey(), rootCause(e).getMessage()),
                        e);
            }
        }
        awaitVisible(missing);
    }

    /** A broker that is asked right afterwards may not have heard of a new topic. */
    private void awaitVisible(List<Plan> created) throws InterruptedException {
        var deadline = System.nanoTime() + ANSWER_WITHIN.toNanos();
        while (describe(created).size() < created.size()) {
            if (System.nanoTime() > deadline) {
                throw new StartupException("topics were created but the cluster at %s does not show them: %s"
                        .formatted(
                                bootstrapServers,
                                created.stream().map(Plan::name).toList()));
            }
            Thread.sleep(50);
        }
    }

    private void checkPartitions(Map<String, TopicDescription> found, List<String> faults) {
        var work = config.topics().work();
        var ledger = config.topics().ledger();
        var workPartitions = partitions(found, work);
        var ledgerPartitions = partitions(found, ledger);
        if (workPartitions != ledgerPartitions) {
            faults.add(
                    "topic %s has %d partitions and topic %s has %d, they must be equal and never change; restore the one that was changed"
                            .formatted(work, workPartitions, ledger, ledgerPartitions));
        }
    }

    private static int partitions(Map<String, TopicDescription> found, String topic) {
        var description = found.get(topic);
        return description == null ? 0 : description.partitions().size();
    }

    private void checkSettings(List<Plan> plans, List<String> faults) throws InterruptedException {
        var resources = plans.stream()
                .map(plan -> new ConfigResource(ConfigResource.Type.TOPIC, plan.name()))
                .toList();
        Map<ConfigResource, Config> found = get(admin.describeConfigs(resources).all());
        for (var plan : plans) {
            var settings = found.get(new ConfigResource(ConfigResource.Type.TOPIC, plan.name()));
            for (var rule : plan.rules()) {
                var entry = settings == null ? null : settings.get(rule.setting());
                if (entry != null && !rule.fits().test(entry.value())) {
                    faults.add("topic %s has %s=%s, it must be %s; change it: %s"
                            .formatted(
                                    plan.name(),
                                    rule.setting(),
                                    entry.value(),
                                    rule.wanted(),
                                    alterCommand(plan, rule)));
                }
            }
        }
    }

    private String alterCommand(Plan plan, TopicRule rule) {
        return "kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config %s=%s"
                .formatted(bootstrapServers, plan.name(), rule.setting(), rule.value());
    }

    private String createCommand(Plan plan) {
        var settings = plan.rules().stream()
                .map(rule -> " --config " + rule.setting() + "=" + rule.value())
                .collect(Collectors.joining());
        return "kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions %d --replication-factor %d%s"
                .formatted(
                        bootstrapServers,
                        plan.name(),
                        plan.partitions(),
                        config.topics().replicationFactor(),
                        settings);
    }

    private <T> T get(KafkaFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TimeoutException) {
                throw new StartupException(
                        "the Kafka cluster at %s does not answer; check kafka.bootstrap.servers and kafka.security.protocol"
                                .formatted(bootstrapServers),
                        e);
            }
            if (e.getCause() instanceof KafkaException cause) {
                throw cause;
            }
            throw new KafkaException(e.getCause());
        }
    }

    private static Throwable rootCause(Throwable thrown) {
        var cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
