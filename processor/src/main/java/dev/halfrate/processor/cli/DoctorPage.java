package dev.halfrate.processor.cli;

import dev.halfrate.processor.doctor.Diagnosis;
import dev.halfrate.processor.doctor.Finding;
import dev.halfrate.processor.doctor.Grade;
import java.io.PrintWriter;
import java.util.Locale;

/** Findings for people: a line each, below it what to do. */
final class DoctorPage {
    private static final int GRADE_WIDTH = 7;

    private final PrintWriter out;
    private final Colours colours;
    private final int checkWidth;

    /** @param checkWidth characters of the longest check's name */
    DoctorPage(PrintWriter out, Colours colours, int checkWidth) {
        this.out = out;
        this.colours = colours;
        this.checkWidth = checkWidth;
    }

    void print(Finding finding) {
        out.printf(
                Locale.ROOT,
                "%s  %s  %s%n",
                coloured(finding.grade(), padded(word(finding.grade()), GRADE_WIDTH)),
                padded(finding.check(), checkWidth),
                finding.found());
        for (var todo : finding.todo()) {
            out.printf(Locale.ROOT, "%s- %s%n", padded("", GRADE_WIDTH + 2 + checkWidth + 2), todo);
        }
        out.flush();
    }

    void summary(Diagnosis diagnosis) {
        out.println();
        out.printf(
                Locale.ROOT,
                "%s, %d to be warned of, %d skipped%n",
                diagnosis.healthy()
                        ? "nothing fails"
                        : "%d of %d fail"
                                .formatted(
                                        count(diagnosis, Grade.FAIL),
                                        diagnosis.findings().size()),
                count(diagnosis, Grade.WARN),
                count(diagnosis, Grade.SKIPPED));
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    private static long count(Diagnosis diagnosis, Grade grade) {
        return diagnosis.findings().stream()
                .filter(finding -> finding.grade() == grade)
                .count();
    }

    private String coloured(Grade grade, String text) {
        return switch (grade) {
            case OK -> colours.green(text);
            case WARN, SKIPPED -> colours.yellow(text);
            case FAIL -> colours.red(text);
        };
    }

    private static String word(Grade grade) {
        return grade.name().toLowerCase(Locale.ROOT);
    }
}
