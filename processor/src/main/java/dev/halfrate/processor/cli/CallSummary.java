package dev.halfrate.processor.cli;

import static dev.halfrate.processor.cli.ProgressBar.number;

import dev.halfrate.processor.call.CallCounts;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What is said after a file of requests was sent, or some of it. */
final class CallSummary {
    private CallSummary() {}

    /** @param output null if results are nowhere to be looked up */
    static String of(CallCounts counts, @Nullable Path output) {
        var text = new StringBuilder();
        row(text, "requests", number(counts.requests()) + earlier(counts));
        row(text, "succeeded", number(counts.succeeded()));
        row(text, "failed", number(counts.failed()));
        if (counts.left() > 0) {
            row(text, "to go", number(counts.left()));
        }
        row(text, "sent again", number(counts.sentAgain()));
        row(text, "exposure", exposure(counts.exposure()));
        row(
                text,
                "tokens",
                "%s in, %s out"
                        .formatted(
                                number(counts.usage().inputTokens()),
                                number(counts.usage().outputTokens())));
        row(text, "time", "%.1f s".formatted(counts.elapsed().toMillis() / 1_000.0));
        if (output != null) {
            row(text, "results", output.toString());
        }
        return text.toString();
    }

    private static String earlier(CallCounts counts) {
        return counts.earlier() == 0 ? "" : ", %s answered by earlier runs".formatted(number(counts.earlier()));
    }

    private static String exposure(long calls) {
        return calls == 0
                ? "none: no call without an answer"
                : "%s without an answer: may have been paid for, in vain or twice"
                        .formatted(calls == 1 ? "1 call" : number(calls) + " calls");
    }

    private static void row(StringBuilder text, String label, String value) {
        text.append("  %-11s %s%n".formatted(label, value));
    }
}
