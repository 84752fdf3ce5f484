package dev.halfrate.processor.cli;

import dev.halfrate.processor.config.HalfrateConfig;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The configuration as it may be logged. */
final class EffectiveConfig {
    /** Kafka's settings are plain text, so theirs are told by name: sasl.jaas.config, ssl.key.password, … */
    private static final Pattern SECRET = Pattern.compile("password|secret|jaas|token|credential|ssl\\.keystore\\.key");

    private EffectiveConfig() {}

    static String describe(HalfrateConfig config) {
        return new HalfrateConfig(
                        config.application(),
                        config.stateDir(),
                        withoutSecrets(config.kafka()),
                        config.topics(),
                        config.requests(),
                        config.accounts(),
                        config.lanes(),
                        config.ledger())
                .toString();
    }

    private static Map<String, String> withoutSecrets(Map<String, String> settings) {
        var shown = new TreeMap<>(settings);
        shown.replaceAll(
                (key, value) -> SECRET.matcher(key.toLowerCase(Locale.ROOT)).find() ? "***" : value);
        return shown;
    }
}
