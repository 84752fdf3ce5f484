package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The soak in small: what comes first is the death of a broker. */
class SoakIT {
    /** The first fault depends on nothing else. */
    private static final String KILLS_A_BROKER_FIRST = "6";

    @Test
    void brokerThatIsKilledAndComesBackCostsNoAnswerAndNoMoney() {
        var out = new StringWriter();

        var exitCode = new CommandLine(new TrialMain())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(System.err, true, UTF_8))
                .execute("soak", "--for", "15s", "--seed", KILLS_A_BROKER_FIRST);

        assertThat(exitCode).as(out.toString()).isZero();
        assertThat(out.toString())
                .contains("s  a broker gone for a while")
                .contains("lost 0, answered twice 0, billed twice 0");
    }
}
