package dev.halfrate.processor.config;

import java.util.List;
import java.util.Locale;

/**
 * What the process tells.
 *
 * @param level of what Halfrate itself says; libraries are heard from WARN on, whatever it is
 */
public record LogConfig(Format format, Level level) {
    public static final LogConfig DEFAULT = new LogConfig(Format.TEXT, Level.INFO);

    private static final List<String> FORMATS = List.of("text", "json");
    private static final List<String> LEVELS = List.of("error", "warn", "info", "debug");

    /** How an event is written: as a line for people, or as a JSON object on a line of its own. */
    public enum Format {
        TEXT,
        JSON
    }

    /** The least that is said. */
    public enum Level {
        ERROR,
        WARN,
        INFO,
        DEBUG
    }

    /** @throws ConfigException naming the key, the rule and the value */
    static LogConfig of(String format, String level) {
        Check.that(FORMATS.contains(format), "log.format", "one of: text, json", "'" + format + "'");
        Check.that(LEVELS.contains(level), "log.level", "one of: error, warn, info, debug", "'" + level + "'");
        return new LogConfig(
                Format.valueOf(format.toUpperCase(Locale.ROOT)), Level.valueOf(level.toUpperCase(Locale.ROOT)));
    }
}
