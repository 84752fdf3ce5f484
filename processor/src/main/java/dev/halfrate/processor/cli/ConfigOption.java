package dev.halfrate.processor.cli;

import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.SourceConfig;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Which configuration a command is about. */
final class ConfigOption {
    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "The configuration, YAML.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    Path file() {
        return file;
    }

    /** @throws dev.halfrate.processor.config.ConfigException saying what to change */
    HalfrateConfig load() {
        return ConfigFile.load(file);
    }

    /**
     * Of a file that may lack all else.
     *
     * @throws dev.halfrate.processor.config.ConfigException saying what to change
     */
    List<SourceConfig> loadSources() {
        return ConfigFile.loadSources(file).sources();
    }
}
