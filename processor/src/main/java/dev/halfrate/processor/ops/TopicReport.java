package dev.halfrate.processor.ops;

import dev.halfrate.processor.config.HalfrateConfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What topics are wanted, and what there is.
 *
 * @param fit whether a start would find, or make, all that it wants
 * @param faults why a start is refused, those of single topics included
 */
public record TopicReport(boolean fit, List<Topic> topics, List<Fault> faults) {
    /** How a topic is. */
    public enum State {
        FIT,
        MISSING,
        UNFIT,
        /** This login may not see it. */
        HIDDEN
    }

    /**
     * One topic.
     *
     * @param partitions that a new one gets
     * @param partitionsFound 0 of one that is missing
     * @param settings that a new one gets
     * @param settingsFound of those, as they are; of one that is missing none
     * @param faults what is wrong with its settings
     */
    public record Topic(
            String name,
            State state,
            int partitions,
            int partitionsFound,
            Map<String, String> settings,
            Map<String, String> settingsFound,
            List<Fault> faults) {}

    public static TopicReport of(HalfrateConfig config, TopicSurvey found) {
        var plans = TopicPlan.of(config);
        var topics = plans.stream().map(plan -> topic(config, plan, found)).toList();
        var faults = found.faults(config, plans);
        var creatable = config.topics().create();
        var fit = faults.isEmpty()
                && topics.stream()
                        .allMatch(topic -> topic.state == State.FIT || (creatable && topic.state == State.MISSING));
        return new TopicReport(fit, topics, faults);
    }

    private static Topic topic(HalfrateConfig config, TopicPlan plan, TopicSurvey found) {
        var wanted = plan.settings();
        var there = found.settings().getOrDefault(plan.name(), Map.of());
        var settings = there.entrySet().stream()
                .filter(setting -> wanted.containsKey(setting.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, _) -> a, TreeMap::new));
        var faults = found.unfit(config, plan);
        return new Topic(
                plan.name(),
                found.hidden().contains(plan.name())
                        ? State.HIDDEN
                        : !found.has(plan.name()) ? State.MISSING : faults.isEmpty() ? State.FIT : State.UNFIT,
                plan.partitions(),
                found.partitions(plan.name()),
                wanted,
                settings,
                faults);
    }
}
