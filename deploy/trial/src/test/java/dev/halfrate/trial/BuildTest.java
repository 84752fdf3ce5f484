package dev.halfrate.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BuildTest {
    @TempDir
    private Path directory;

    private Path log;

    @BeforeEach
    void prepare() throws IOException {
        log = Files.createFile(directory.resolve("log"));
    }

    @Test
    void whereGitHasNoSuchCommitThereIsNoBuild() throws Exception {
        assertThat(Build.ofRef(directory, "no-such-release", log)).isEmpty();
    }

    @Test
    void aDirectoryWithSourcesIsBuiltByItsOwnScriptAndRunFromWhatThatMakes() throws Exception {
        script("mkdir -p deploy/local/target/lib");

        assertThat(Build.of("old", directory, log).classPath())
                .contains(directory.resolve("deploy/local/target/classes").toString())
                .endsWith("deploy/local/target/lib/*");
    }

    @Test
    void aBuildThatFailsSaysWhereItsLogIs() throws IOException {
        script("exit 1");

        assertThatThrownBy(() -> Build.of("old", directory, log)).hasMessageContaining(log.toString());
    }

    private void script(String command) throws IOException {
        var script = Files.writeString(
                directory.resolve("halfrate"), "#!/bin/sh\ncd \"$(dirname \"$0\")\"\n" + command + "\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
    }

    @Test
    void oneProcessAloneCannotRoll() {
        var err = new StringWriter();

        var exitCode = new CommandLine(new TrialMain())
                .setErr(new PrintWriter(err, true))
                .execute("rolling", "--instances", "1");

        assertThat(exitCode).isEqualTo(2);
        assertThat(err.toString()).contains("--instances must be 2..6, got 1");
    }

    @Test
    void aReleaseThatIsAskedForAndNotThereIsNoReasonToTryAnotherOne() {
        var err = new StringWriter();

        var exitCode = new CommandLine(new TrialMain())
                .setErr(new PrintWriter(err, true))
                .execute("rolling", "--from", "no-such-release");

        assertThat(exitCode).isEqualTo(2);
        assertThat(err.toString()).contains("git does not know no-such-release");
    }
}
