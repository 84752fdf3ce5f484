package dev.halfrate.processor.config;

import java.nio.file.Path;

/** Placeholder. */
public final class ConfigFile {
    private ConfigFile() {}

    @SuppressWarnings("DoNotCallSuggester")
    public static HalfrateConfig load(Path file) {
        throw new ConfigException(file + " cannot be read");
    }
}
