package dev.halfrate.processor.config;

import java.time.Duration;
import java.util.regex.Pattern;

/** Durations as people write them: 250ms, 30s, 15m, 72h, 7d. */
public final class Durations {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

    private Durations() {}

    /** @throws ConfigException naming {@code key} if {@code text} is not a duration */
    public static Duration parse(String key, String text) {
        var form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw new ConfigException(
                    "%s must be a duration such as 250ms, 30s, 15m, 72h or 7d, got '%s'".formatted(key, text));
        }
        var amount = Long.parseLong(form.group(1));
        return switch (form.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    public static String format(Duration value) {
        var millis = value.toMillis();
        if (millis == 0) {
            return "0s";
        } else if (millis % 86_400_000 == 0) {
            return millis / 86_400_000 + "d";
        } else if (millis % 3_600_000 == 0) {
            return millis / 3_600_000 + "h";
        } else if (millis % 60_000 == 0) {
            return millis / 60_000 + "m";
        } else if (millis % 1_000 == 0) {
            return millis / 1_000 + "s";
        }
        return millis + "ms";
    }
}
