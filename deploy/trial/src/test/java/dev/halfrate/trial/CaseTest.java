package dev.halfrate.trial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.crash.CrashPoint;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class CaseTest {
    @Test
    void everyCrashPointInTheCodeIsAMomentOfTheMatrixAndTheOtherWayRound() {
        var inCode = Arrays.stream(CrashPoint.values()).map(CrashPoint::number).toList();
        var inMatrix = Arrays.stream(Moment.values())
                .filter(moment -> moment.trigger() instanceof Moment.Trigger.CrashPoint)
                .map(Moment::name)
                .toList();

        assertThat(inMatrix).containsExactlyElementsOf(inCode);
    }

    @Test
    void partsAreTheWholeMatrixAndDoNotOverlap() {
        var parts = List.of("1/3", "2/3", "3/3").stream()
                .flatMap(part -> list("--part", part).stream())
                .toList();

        assertThat(parts).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(list());
        assertThat(list()).hasSameSizeAs(Case.all());
    }

    @Test
    void aNameStandsForAllThatBeginSo() {
        assertThat(list("--only", "CP1"))
                .allMatch(name -> name.startsWith("CP1/"))
                .isNotEmpty();
        assertThat(list("--only", "CP9/openai")).containsExactly("CP9/openai/kill", "CP9/openai/stop");
    }

    @Test
    void mistakesAreOneClearLine() {
        assertThat(execute(new StringWriter(), "--only", "CP99")).isEqualTo(2);
        assertThat(execute(new StringWriter(), "--part", "4/3")).isEqualTo(2);
        assertThat(execute(new StringWriter(), "--parallel", "0")).isEqualTo(2);
    }

    private static List<String> list(String... options) {
        var out = new StringWriter();
        assertThat(execute(out, options)).isZero();
        return out.toString().lines().toList();
    }

    private static int execute(StringWriter out, String... options) {
        var arguments = new String[options.length + 2];
        arguments[0] = "kill-matrix";
        arguments[1] = "--list";
        System.arraycopy(options, 0, arguments, 2, options.length);
        return new CommandLine(new TrialMain())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(new StringWriter(), true))
                .execute(arguments);
    }
}
