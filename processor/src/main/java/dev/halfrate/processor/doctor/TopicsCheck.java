package dev.halfrate.processor.doctor;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.ClusterRules;
import dev.halfrate.processor.ops.KafkaAnswers;
import dev.halfrate.processor.ops.TopicMaker;
import dev.halfrate.processor.ops.TopicPlan;
import dev.halfrate.processor.ops.TopicSurvey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;

/** Whether the topics are what a start wants, and as safe as they can be. */
final class TopicsCheck {
    private TopicsCheck() {}

    static Verdict look(Cluster cluster) throws InterruptedException {
        var config = cluster.config();
        var plans = TopicPlan.of(config);
        var found = TopicSurvey.of(cluster.admin(), names(plans));
        var sources = TopicSurvey.described(cluster.admin(), config.sourceTopics());
        var missing = found.missing(plans);
        Map<String, KafkaException> objections = config.topics().create() && !missing.isEmpty()
                ? new TopicMaker(config, cluster.admin()).objections(missing)
                : Map.of();
        return judge(config, found, sources, objections);
    }

    private static List<String> names(List<TopicPlan> plans) {
        return plans.stream().map(TopicPlan::name).toList();
    }

    /**
     * @param sources topics of events
     * @param objections why topics that are missing cannot be made
     */
    static Verdict judge(
            HalfrateConfig config, TopicSurvey found, TopicSurvey sources, Map<String, KafkaException> objections) {
        var plans = TopicPlan.of(config);
        var todo = new ArrayList<String>();
        var wrong = new ArrayList<String>();
        var hidden = new TreeSet<>(found.hidden());
        hidden.addAll(sources.hidden());
        if (!hidden.isEmpty()) {
            wrong.add("this login may not look at " + String.join(", ", hidden));
            todo.add("give it its rights: halfrate topics --script prints the commands");
        }
        var missing = found.missing(plans);
        if (!missing.isEmpty() && !config.topics().create()) {
            wrong.add("%d of %d are missing, and topics.create is off".formatted(missing.size(), plans.size()));
            missing.forEach(plan -> todo.add("make it: "
                    + plan.createCommand(
                            config.bootstrapServers(), config.topics().replicationFactor())));
        }
        objections.forEach((topic, objection) -> {
            wrong.add("%s cannot be made".formatted(topic));
            todo.add("%s: %s".formatted(topic, KafkaAnswers.root(objection).getMessage()));
        });
        if (!objections.isEmpty()) {
            todo.add(
                    "give this login CREATE, set topics.replication-factor to what the cluster has brokers for, or have them made: halfrate topics --create with another login");
        }
        for (var fault : Stream.concat(
                        ClusterRules.sourceFaults(config, sources).stream(), found.faults(config, plans).stream())
                .toList()) {
            wrong.add(fault.what());
            todo.add(fault.action());
        }
        if (!wrong.isEmpty()) {
            return new Verdict(Grade.FAIL, String.join("; ", wrong), todo);
        }
        return Verdict.ok(
                missing.isEmpty()
                        ? "all %d are there and fit".formatted(plans.size())
                        : "%d are there and fit, the next start makes %d"
                                .formatted(plans.size() - missing.size(), missing.size()));
    }

    static Verdict replicas(Cluster cluster) throws InterruptedException {
        var config = cluster.config();
        var found = TopicSurvey.of(cluster.admin(), names(TopicPlan.of(config)));
        return replicas(
                found.topics().values().stream()
                        .map(topic -> replicated(topic, found.settings().getOrDefault(topic.name(), Map.of())))
                        .sorted((a, b) -> a.topic().compareTo(b.topic()))
                        .toList(),
                config.topics().replicationFactor());
    }

    /**
     * How safe a topic is.
     *
     * @param replicas of the partition that has the fewest
     * @param inSync likewise
     * @param leaderless partitions that nobody leads
     * @param inSyncMin replicas that must have a record before its write is acknowledged
     */
    record Replicated(String topic, int replicas, int inSync, int leaderless, int inSyncMin) {}

    private static Replicated replicated(TopicDescription topic, Map<String, String> settings) {
        var partitions = topic.partitions();
        return new Replicated(
                topic.name(),
                partitions.stream().mapToInt(it -> it.replicas().size()).min().orElse(0),
                partitions.stream().mapToInt(it -> it.isr().size()).min().orElse(0),
                (int) partitions.stream()
                        .map(it -> it.leader())
                        .filter(leader -> leader == null || leader.equals(Node.noNode()))
                        .count(),
                Integer.parseInt(settings.getOrDefault("min.insync.replicas", "1")));
    }

    /** @param wanted of new topics */
    static Verdict replicas(List<Replicated> topics, int wanted) {
        if (topics.isEmpty()) {
            return Verdict.ok("no topic is there yet");
        }
        var leaderless = topics.stream().filter(topic -> topic.leaderless() > 0).toList();
        if (!leaderless.isEmpty()) {
            return Verdict.fail(
                    "partitions without a leader: " + names(leaderless, topic -> topic.topic()),
                    "start the brokers that have their replicas; nothing can be read or written there until then");
        }
        var stuck = topics.stream()
                .filter(topic -> topic.inSync() < topic.inSyncMin())
                .toList();
        if (!stuck.isEmpty()) {
            return Verdict.fail(
                    "too few replicas in sync, so writes are refused: "
                            + names(
                                    stuck,
                                    topic -> "%s (%d of %d)"
                                            .formatted(topic.topic(), topic.inSync(), topic.inSyncMin())),
                    "start the brokers that are down, or wait until they have caught up");
        }
        var rigid = topics.stream()
                .filter(topic -> topic.replicas() > 1 && topic.inSyncMin() >= topic.replicas())
                .toList();
        if (!rigid.isEmpty()) {
            return Verdict.warn(
                    "no broker may be down: min.insync.replicas is as high as the number of replicas of "
                            + names(rigid, Replicated::topic),
                    "give them another replica, or lower min.insync.replicas by one");
        }
        var least = topics.stream().mapToInt(Replicated::replicas).min().orElse(0);
        var few = topics.stream().filter(topic -> topic.replicas() == least).toList();
        if (least < Math.max(2, wanted)) {
            return Verdict.warn(
                    "%d %s of %s"
                            .formatted(
                                    least,
                                    least == 1 ? "replica" : "replicas",
                                    few.size() == topics.size() ? "every topic" : names(few, Replicated::topic)),
                    least == 1
                            ? "in production three: what a broker's disk loses is lost, and with it what is known of what was bought"
                            : "give them %d, as topics.replication-factor wants: kafka-reassign-partitions.sh"
                                    .formatted(wanted));
        }
        return Verdict.ok("%d at least, all partitions have a leader and enough of them in sync".formatted(least));
    }

    private static String names(List<Replicated> topics, Function<Replicated, String> name) {
        return topics.stream().map(name).collect(Collectors.joining(", "));
    }
}
