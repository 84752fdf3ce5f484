package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.Durations;
import dev.halfrate.processor.config.HalfrateConfig;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.config.TopicConfig;

/**
 * What one topic has to be.
 *
 * @param partitions of a new one
 * @param rules those of its own first, then those that it shares with others
 */
public record TopicPlan(String name, int partitions, List<TopicRule> rules) {
    private static final int MESSAGE_BYTES_MAX = 20 * 1024 * 1024;

    /** A part of a response, its key and headers. */
    private static final int PART_BYTES_MAX = 600_000;

    private static final Duration RETENTION_MARGIN = Duration.ofDays(1);
    private static final Duration REQUESTS_RETENTION = Duration.ofDays(7);
    private static final Duration INBOX_RETENTION = Duration.ofDays(30);
    private static final Duration REPLAY_MAX = Duration.ofHours(1);
    private static final Duration DELETIONS_KEPT = Duration.ofDays(1);

    public TopicPlan {
        rules = List.copyOf(rules);
    }

    /** @return of every topic that a start makes or checks: users' first, then ours */
    public static List<TopicPlan> of(HalfrateConfig config) {
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
        var kept = rules(
                durable,
                TopicRule.is("cleanup.policy", "compact"),
                large,
                // Who replays for longer than that could see a record, but not that it was deleted since.
                TopicRule.atLeast("delete.retention.ms", REPLAY_MAX.toMillis(), DELETIONS_KEPT.toMillis()));
        var requests = topics.requests().stream()
                .map(topic -> new TopicPlan(
                        topic,
                        partitions,
                        rules(
                                initiallyDurable,
                                deleted,
                                retention(ttl, REQUESTS_RETENTION, because),
                                timeOnly,
                                TopicRule.atLeast("max.message.bytes", 1, MESSAGE_BYTES_MAX))));
        var results = config.resultTopics().all().stream()
                .map(topic -> new TopicPlan(topic, partitions, rules(initiallyDurable, large)));
        var others = Stream.of(
                // Never compacted: the parts of one body have one key.
                new TopicPlan(
                        topics.resultParts(),
                        partitions,
                        rules(
                                initiallyDurable,
                                deleted,
                                TopicRule.atLeast("max.message.bytes", PART_BYTES_MAX, PART_BYTES_MAX))),
                new TopicPlan(topics.batches(), partitions, initiallyDurable),
                new TopicPlan(topics.deadLetters(), partitions, rules(initiallyDurable, large)),
                new TopicPlan(topics.diagnostics(), partitions, initiallyDurable),
                new TopicPlan(topics.audit(), 1, initiallyDurable),
                new TopicPlan(
                        topics.laneInbox(),
                        partitions,
                        rules(durable, deleted, retention(ttl, INBOX_RETENTION, because), timeOnly, large)),
                new TopicPlan(topics.work(), partitions, kept),
                new TopicPlan(topics.ledger(), partitions, kept),
                new TopicPlan(config.birthsTopic(), 1, kept));
        return Stream.of(requests, results, others).flatMap(plans -> plans).toList();
    }

    private static List<TopicRule> rules(List<TopicRule> shared, TopicRule... own) {
        return Stream.concat(Stream.of(own), shared.stream()).toList();
    }

    private static TopicRule retention(Duration ttl, Duration usual, String because) {
        var value = ttl.plus(RETENTION_MARGIN).compareTo(usual) > 0 ? ttl.plus(RETENTION_MARGIN) : usual;
        return TopicRule.retention("retention.ms", ttl.toMillis(), because, value.toMillis());
    }

    /** @return of a new one */
    public Map<String, String> settings() {
        return rules.stream()
                .collect(Collectors.toMap(TopicRule::setting, TopicRule::value, (_, last) -> last, LinkedHashMap::new));
    }

    /**
     * @param found settings on the cluster; one that is missing is passed over
     * @return the rules that they break
     */
    public List<TopicRule> broken(Map<String, String> found) {
        return rules.stream()
                .filter(rule -> {
                    var value = found.get(rule.setting());
                    return value != null && !rule.fits().test(value);
                })
                .toList();
    }

    /** @return a line for a shell */
    public String createCommand(String bootstrapServers, int replicationFactor) {
        var options = settings().entrySet().stream()
                .map(setting -> " --config " + setting.getKey() + "=" + setting.getValue())
                .collect(Collectors.joining());
        return "kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions %d --replication-factor %d%s"
                .formatted(bootstrapServers, name, partitions, replicationFactor, options);
    }

    /** @return a line for a shell */
    public String alterCommand(String bootstrapServers, TopicRule rule) {
        return "kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config %s=%s"
                .formatted(bootstrapServers, name, rule.setting(), rule.value());
    }
}
