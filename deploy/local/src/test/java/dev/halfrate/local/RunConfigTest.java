package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.FormatsConfig;
import dev.halfrate.processor.config.RegistryConfig;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunConfigTest {
    @TempDir
    Path directory;

    @Test
    void runReadsTheSameConfigurationThatTheDemoUses() {
        var config = LocalSettings.config(
                        "127.0.0.1:19092", URI.create("http://127.0.0.1:18080/v1"), directory.resolve("state"))
                .with(RegistryConfig.at(URI.create("http://127.0.0.1:18081")), FormatsConfig.DEFAULT);

        var read = ConfigFile.load(RunConfig.write(config, directory));

        assertThat(read.describe()).isEqualTo(config.describe());
        assertThat(read.account("simulator").key().reveal())
                .isEqualTo(config.account("simulator").key().reveal());
    }
}
