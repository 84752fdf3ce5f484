package dev.halfrate.processor.cli;

import static dev.halfrate.processor.cli.ProgressBar.number;

import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.transfer.ResultRun;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is said after results were read.
 *
 * @param results read, of those that were wanted
 * @param statuses how many of each
 * @param written lines
 * @param missing requests that were waited for, and have none
 * @param earlier of the results, those that had been there before; null where that says nothing
 * @param unreadable records of the results topics that are no results
 * @param withoutAnswer results whose answer is in parts that are gone
 * @param out null for standard output
 */
record ResultSummary(
        long results,
        Map<String, Long> statuses,
        long written,
        long missing,
        @Nullable Long earlier,
        long unreadable,
        long withoutAnswer,
        double seconds,
        @Nullable String out) {

    /** @param sent whether the requests were sent by the same command */
    static ResultSummary of(ResultRun.Counts counts, @Nullable Path out, boolean sent) {
        var statuses = new TreeMap<String, Long>();
        counts.statuses().forEach((status, number) -> statuses.put(word(status), number));
        return new ResultSummary(
                counts.results(),
                statuses,
                counts.written(),
                counts.missing(),
                sent ? counts.earlier() : null,
                counts.unreadable(),
                counts.withoutAnswer(),
                counts.elapsed().toMillis() / 1_000.0,
                out == null ? null : out.toString());
    }

    private static String word(Result.Status status) {
        return status.name().toLowerCase(Locale.ROOT);
    }

    String text() {
        var text = new StringBuilder();
        row(text, "results", number(results));
        statuses.forEach((status, number) -> row(text, status, number(number)));
        if (missing > 0) {
            row(text, "missing", number(missing) + ": they may be under way, or dead letters (halfrate dlq list)");
        }
        if (earlier != null && earlier > 0) {
            row(text, "earlier", number(earlier) + " had succeeded before: repeated requests are absorbed");
        }
        if (unreadable > 0) {
            row(text, "passed over", number(unreadable) + " records that are no results");
        }
        if (withoutAnswer > 0) {
            row(text, "incomplete", number(withoutAnswer) + " whose answer is in parts that are gone");
        }
        if (out != null) {
            row(text, "written", "%s to %s".formatted(number(written), out));
        }
        return text.toString().stripTrailing();
    }

    static void row(StringBuilder text, String label, String value) {
        text.append("  %-11s %s%n".formatted(label, value));
    }
}
