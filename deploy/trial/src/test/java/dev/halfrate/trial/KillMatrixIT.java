package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The matrix in small: one case of each kind, so that the whole of it is known to run. */
class KillMatrixIT {
    @Test
    void killedAtACrashPointAndWhileACallWaitsTheWorkIsDoneOnce() {
        var out = new StringWriter();

        var exitCode = new CommandLine(new TrialMain())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(System.err, true, UTF_8))
                .execute(
                        "kill-matrix",
                        "--only",
                        "CP9/openai/kill,CP12/anthropic/kill,CP13/openai/stop,CP37/anthropic/kill",
                        "--parallel",
                        "3");

        assertThat(exitCode).as(out.toString()).isZero();
        assertThat(out.toString()).contains("4 cases, 0 failed").contains("lost 0, answered twice 0, billed twice 0");
    }
}
