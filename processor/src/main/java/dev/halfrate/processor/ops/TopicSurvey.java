package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.HalfrateConfig;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Topics as they are on the cluster.
 *
 * @param topics by name; one that does not exist is missing
 * @param settings likewise; of one that was not to be looked into there are none
 * @param hidden topics that this login may not see, or whose settings it may not see
 */
public record TopicSurvey(
        Map<String, TopicDescription> topics, Map<String, Map<String, String>> settings, Set<String> hidden) {
    public TopicSurvey {
        topics = Map.copyOf(topics);
        settings = Map.copyOf(settings);
        hidden = Set.copyOf(hidden);
    }

    /**
     * Of topics with their settings.
     *
     * @throws org.apache.kafka.common.KafkaException if nobody tells
     */
    public static TopicSurvey of(Admin admin, Collection<String> names) throws InterruptedException {
        var found = described(admin, names);
        var settings = new HashMap<String, Map<String, String>>();
        var hidden = new HashSet<>(found.hidden);
        var resources = found.topics.keySet().stream()
                .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                .toList();
        for (var answer : admin.describeConfigs(resources).values().entrySet()) {
            var topic = answer.getKey().name();
            try {
                settings.put(
                        topic,
                        KafkaAnswers.get(answer.getValue()).entries().stream()
                                .filter(entry -> entry.value() != null)
                                .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value)));
            } catch (TopicAuthorizationException _) {
                hidden.add(topic);
            }
        }
        return new TopicSurvey(found.topics, settings, hidden);
    }

    /**
     * Without settings, and with what this login may do with each.
     *
     * @throws org.apache.kafka.common.KafkaException if nobody tells
     */
    public static TopicSurvey described(Admin admin, Collection<String> names) throws InterruptedException {
        var topics = new HashMap<String, TopicDescription>();
        var hidden = new HashSet<String>();
        var options = new DescribeTopicsOptions().includeAuthorizedOperations(true);
        for (var answer : admin.describeTopics(names, options).topicNameValues().entrySet()) {
            try {
                topics.put(answer.getKey(), KafkaAnswers.get(answer.getValue()));
            } catch (UnknownTopicOrPartitionException _) {
                // It is missing, then.
            } catch (TopicAuthorizationException _) {
                hidden.add(answer.getKey());
            }
        }
        return new TopicSurvey(topics, Map.of(), hidden);
    }

    public boolean has(String topic) {
        return topics.containsKey(topic);
    }

    /** @return none of one that does not exist */
    public int partitions(String topic) {
        var description = topics.get(topic);
        return description == null ? 0 : description.partitions().size();
    }

    /** @return the plans of those that do not exist */
    public List<TopicPlan> missing(List<TopicPlan> plans) {
        return plans.stream()
                .filter(plan -> !has(plan.name()) && !hidden.contains(plan.name()))
                .toList();
    }

    /** @return why a start would be refused, whatever exists; topics that are missing are no fault */
    public List<Fault> faults(HalfrateConfig config, List<TopicPlan> plans) {
        return Stream.concat(unequal(config).stream(), plans.stream().flatMap(plan -> unfit(config, plan).stream()))
                .toList();
    }

    private List<Fault> unequal(HalfrateConfig config) {
        var work = config.topics().work();
        var ledger = config.topics().ledger();
        return !has(work) || !has(ledger) || partitions(work) == partitions(ledger)
                ? List.of()
                : List.of(new Fault(
                        "topic %s has %d partitions and topic %s has %d, they must be equal and never change"
                                .formatted(work, partitions(work), ledger, partitions(ledger)),
                        "restore the one that was changed"));
    }

    /** @return what is wrong with the settings of one of them */
    List<Fault> unfit(HalfrateConfig config, TopicPlan plan) {
        var found = settings.getOrDefault(plan.name(), Map.of());
        return plan.broken(found).stream()
                .map(rule -> new Fault(
                        "topic %s has %s=%s, it must be %s"
                                .formatted(plan.name(), rule.setting(), found.get(rule.setting()), rule.wanted()),
                        "change it: " + plan.alterCommand(config.bootstrapServers(), rule)))
                .toList();
    }
}
