package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The large batches in small: full ones of every vendor, as far as the trial's own way is concerned. */
class LargeIT {
    @Test
    void aFullBatchIsCreatedAndCollectedInASmallHeap() {
        var out = new StringWriter();

        var exitCode = new CommandLine(new TrialMain())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(System.err, true, UTF_8))
                .execute("large", "--megabytes", "4");

        assertThat(exitCode).as(out.toString()).isZero();
        assertThat(out.toString().lines())
                .hasSize(2)
                .allMatch(line -> line.contains("the largest of 9") && line.contains("and 4.0 MB;"))
                .allMatch(line -> line.contains("; -Xmx128m: heap "));
    }
}
