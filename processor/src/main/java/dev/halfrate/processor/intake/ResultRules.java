package dev.halfrate.processor.intake;

import dev.halfrate.processor.codec.Wishes;
import dev.halfrate.processor.config.ResultRuleConfig;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Which of the configured rules is for a request's result: the one that its headers name, or else the first that is for the like. */
record ResultRules(List<ResultRuleConfig> rules) {
    /** @return why the rule that the headers name is not to be had; never quotes it */
    Optional<String> fault(String topic, Wishes wishes) {
        if (wishes.result().isEmpty() || rules.stream().anyMatch(rule -> isChosen(rule, topic, wishes))) {
            return Optional.empty();
        }
        var names = rules.stream()
                .filter(rule -> rule.takesTopic(topic))
                .map(ResultRuleConfig::name)
                .collect(Collectors.joining(", "));
        return Optional.of("header %s must be the name of a rule for requests of topic %s: %s"
                .formatted(Wishes.RESULT, topic, names.isEmpty() ? "there are none" : names));
    }

    /**
     * @param account, model empty if there is none
     * @return its name, empty for none
     */
    String of(String topic, String account, String model, Wishes wishes) {
        return rules.stream()
                .filter(rule -> wishes.result().isEmpty()
                        ? rule.isFor(topic, account, model, wishes.tag())
                        : isChosen(rule, topic, wishes))
                .map(ResultRuleConfig::name)
                .findFirst()
                .orElse("");
    }

    private static boolean isChosen(ResultRuleConfig rule, String topic, Wishes wishes) {
        return rule.name().equals(wishes.result()) && rule.takesTopic(topic);
    }
}
