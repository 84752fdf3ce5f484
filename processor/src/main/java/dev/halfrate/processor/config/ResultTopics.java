package dev.halfrate.processor.config;

import java.util.List;
import java.util.stream.Stream;

/** Where results go. */
public record ResultTopics(String usual, List<ResultRuleConfig> rules) {
    public ResultTopics {
        rules = List.copyOf(rules);
    }

    /** @param rule a name; of one that is not configured any more the usual topic */
    public String of(String rule) {
        return rules.stream()
                .filter(configured ->
                        configured.name().equals(rule) && !configured.to().isEmpty())
                .map(ResultRuleConfig::to)
                .findFirst()
                .orElse(usual);
    }

    /** @return each once, the usual one first */
    public List<String> all() {
        return Stream.concat(
                        Stream.of(usual),
                        rules.stream().map(ResultRuleConfig::to).filter(topic -> !topic.isEmpty()))
                .distinct()
                .toList();
    }
}
