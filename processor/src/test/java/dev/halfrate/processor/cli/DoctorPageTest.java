package dev.halfrate.processor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.doctor.Diagnosis;
import dev.halfrate.processor.doctor.Finding;
import dev.halfrate.processor.doctor.Grade;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoctorPageTest {
    private static final List<Finding> FINDINGS = List.of(
            new Finding(Grade.OK, "disk", "38 GB free", List.of()),
            new Finding(Grade.FAIL, "kafka", "nobody answers", List.of("start it", "or look elsewhere")),
            new Finding(Grade.SKIPPED, "topics", "needs 'kafka', see there", List.of()));

    private final StringWriter words = new StringWriter();

    private void print(Colours colours) {
        var page = new DoctorPage(new PrintWriter(words), colours, 8);
        FINDINGS.forEach(page::print);
        page.summary(Diagnosis.of(FINDINGS));
    }

    @Test
    void whatToDoStandsBelowWhatWasFound() {
        print(Colours.OFF);

        assertThat(words.toString()).isEqualToNormalizingNewlines("""
                ok       disk      38 GB free
                fail     kafka     nobody answers
                                   - start it
                                   - or look elsewhere
                skipped  topics    needs 'kafka', see there

                1 of 3 fail, 0 to be warned of, 1 skipped
                """);
    }

    @Test
    void gradesHaveColoursOnATerminal() {
        print(Colours.ON);

        assertThat(words.toString()).contains("\u001b[32mok     \u001b[0m", "\u001b[31mfail   \u001b[0m");
    }
}
