package dev.halfrate.processor.config;

import java.time.Duration;

/** The rules that configuration records hold their values to. */
final class Check {
    private Check() {}

    static void range(String key, long value, long min, long max) {
        if (value < min || value > max) {
            throw new ConfigException("%s must be %d..%d, got %d".formatted(key, min, max, value));
        }
    }

    static void range(String key, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new ConfigException("%s must be %s..%s, got %s"
                    .formatted(key, Durations.format(min), Durations.format(max), Durations.format(value)));
        }
    }

    static void matches(String key, String value, String pattern) {
        if (!value.matches(pattern)) {
            throw new ConfigException("%s must match %s, got '%s'".formatted(key, pattern, value));
        }
    }

    static void that(boolean rule, String key, String mustBe, Object value) {
        if (!rule) {
            throw new ConfigException("%s must be %s, got %s".formatted(key, mustBe, value));
        }
    }
}
