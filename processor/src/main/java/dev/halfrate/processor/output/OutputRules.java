package dev.halfrate.processor.output;

import dev.halfrate.processor.config.ResultRuleConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The rules of the configuration, by name. Safe for use by many threads. */
public final class OutputRules {
    public static final OutputRules NONE = new OutputRules(Map.of());
    private static final Judgement TAKEN_AS_IT_IS = new Judgement.Good(null);

    private final Map<String, OutputRule> rules;

    private OutputRules(Map<String, OutputRule> rules) {
        this.rules = Map.copyOf(rules);
    }

    /** @throws dev.halfrate.processor.config.ConfigException if a schema is none */
    public static OutputRules of(List<ResultRuleConfig> configs) {
        var rules = new HashMap<String, OutputRule>();
        for (var i = 0; i < configs.size(); i++) {
            rules.put(configs.get(i).name(), OutputRule.of("results[%d]".formatted(i), configs.get(i)));
        }
        return new OutputRules(rules);
    }

    /**
     * @param rule name; with one that is not configured any more an answer is taken as it is
     * @param endpoint path
     * @param body the vendor's answer
     */
    public Judgement judge(String rule, String endpoint, byte[] body) {
        var known = rules.get(rule);
        return known == null ? TAKEN_AS_IT_IS : known.judge(endpoint, body);
    }
}
