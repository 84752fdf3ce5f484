package dev.halfrate.processor.config;

import java.util.HashSet;
import java.util.List;

/**
 * What is done with the results of some requests.
 *
 * @param name that a request may choose it by
 * @param topics patterns, `*` standing for any text, of the topics whose requests it is for unless they choose another; accounts,
 *     models and tags likewise; all four empty for those only that choose it
 * @param to topic of the results; empty for the usual one
 * @param extract what is taken out of an answer
 * @param schema JSON Schema, as JSON, of what is taken out; empty for none
 * @param retriesMax how often a request may be tried again whose answer is not as it should be
 */
public record ResultRuleConfig(
        String name,
        List<String> topics,
        List<String> accounts,
        List<String> models,
        List<String> tags,
        String to,
        Extract extract,
        String schema,
        int retriesMax) {

    /** What is taken out of an answer. */
    public enum Extract {
        NONE,
        /** Its text. */
        TEXT,
        /** The JSON that its text is. */
        JSON,
        /** The arguments of its first call of a tool. */
        TOOL
    }

    private static final int RULES_MAX = 100;
    private static final int RETRIES_MAX = 10;

    public ResultRuleConfig {
        Check.matches("results.name", name, "[A-Za-z0-9._-]{1,100}");
        if (!to.isEmpty()) {
            Check.matches("results.to", to, TopicsConfig.NAME);
        }
        Check.that(
                schema.isEmpty() || extract == Extract.JSON || extract == Extract.TOOL,
                "results.schema",
                "left out unless results.extract is json or tool",
                "one in rule " + name);
        Check.range("results.retries-max", retriesMax, 0, RETRIES_MAX);
        topics = List.copyOf(topics);
        accounts = List.copyOf(accounts);
        models = List.copyOf(models);
        tags = List.copyOf(tags);
    }

    static List<ResultRuleConfig> check(List<ResultRuleConfig> rules, TopicsConfig own) {
        Check.range("results", rules.size(), 0, RULES_MAX);
        var names = new HashSet<String>();
        for (var rule : rules) {
            Check.that(names.add(rule.name), "results.name", "unique", "'" + rule.name + "' twice");
            Check.that(
                    rule.to.isEmpty() || rule.to.equals(own.results()) || !own.has(rule.to),
                    "results.to",
                    "none of Halfrate's other topics",
                    "'" + rule.to + "'");
        }
        return List.copyOf(rules);
    }

    /** @param account, model, tag empty if there is none */
    public boolean isFor(String topic, String account, String model, String tag) {
        var byNameOnly = topics.isEmpty() && accounts.isEmpty() && models.isEmpty() && tags.isEmpty();
        return !byNameOnly && takesTopic(topic) && takes(accounts, account) && takes(models, model) && takes(tags, tag);
    }

    /** @return whether requests of the topic may have it */
    public boolean takesTopic(String topic) {
        return takes(topics, topic);
    }

    private static boolean takes(List<String> patterns, String text) {
        return patterns.isEmpty() || patterns.stream().anyMatch(pattern -> AccountConfig.matches(pattern, text));
    }
}
