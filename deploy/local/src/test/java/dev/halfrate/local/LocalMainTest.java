package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.cli.CommandLines;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalMainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path directory;

    @Test
    void helpTeachesWithExamples() {
        assertThat(execute("--help")).isEqualTo(CommandLines.DONE);
        assertThat(out.toString()).contains("halfrate demo", "halfrate local", "halfrate run --config", "Exit codes");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run",
                "doctor",
                "topics",
                "status",
                "call",
                "demo",
                "local",
                "simulator",
                "version",
                "completion"
            })
    void everyCommandHasItsOwnHelp(String command) {
        assertThat(execute(command, "--help")).isEqualTo(CommandLines.DONE);
        assertThat(out.toString()).contains("Usage: halfrate " + command);
    }

    @Test
    void noCommandIsWrongUsage() {
        assertThat(execute()).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).isEqualToNormalizingNewlines("""
                halfrate: a COMMAND is needed
                Try 'halfrate --help'.
                """);
    }

    @Test
    void runNeedsAConfiguration() {
        assertThat(execute("run")).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).startsWith("halfrate: Missing required option: '--config=FILE'");
    }

    @Test
    void missingConfigurationFileIsOneLineAndWrongUsage() {
        assertThat(execute("run", "--config", directory.resolve("none.yaml").toString()))
                .isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).hasLineCount(1).startsWith("halfrate: ").contains("none.yaml");
    }

    @Test
    void debugShowsWhere() {
        execute("run", "--debug", "--config", directory.resolve("none.yaml").toString());

        assertThat(err.toString()).contains("\tat dev.halfrate.processor.");
    }

    @Test
    void demoTakesEitherRequestsOrAFile() {
        assertThat(execute("demo", "--requests", "5", "--file", "x")).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).contains("mutually exclusive");
    }

    @Test
    void demoNeedsAtLeastOneRequest() {
        assertThat(execute("demo", "--requests", "0")).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).startsWith("halfrate: --requests must be 1 or more, got 0");
    }

    @Test
    void demoWithAMissingFileFailsBeforeAnythingIsStarted() {
        var file = directory.resolve("none.jsonl");

        assertThat(execute("demo", "--file", file.toString())).isEqualTo(CommandLines.FAILED);
        assertThat(err.toString())
                .isEqualToIgnoringNewLines("halfrate: " + file + " cannot be read: there is no such file");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void localRefusesAnImpossiblePort() {
        assertThat(execute("local", "--port", "70000")).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).startsWith("halfrate: a port must be 0..65535, got 70000");
    }

    @Test
    void completionIsAScriptThatKnowsTheCommands() {
        assertThat(execute("completion")).isEqualTo(CommandLines.DONE);
        assertThat(out.toString()).startsWith("#!/usr/bin/env bash").contains("demo example local");
    }

    @Test
    void versionTellsWhatItRunsOn() {
        assertThat(execute("version")).isEqualTo(CommandLines.DONE);
        assertThat(out.toString()).startsWith("halfrate ").contains("Java " + Runtime.version());
    }

    private int execute(String... arguments) {
        return LocalMain.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }
}
