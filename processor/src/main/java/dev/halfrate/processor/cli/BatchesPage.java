package dev.halfrate.processor.cli;

import static dev.halfrate.processor.cli.ProgressBar.number;

import dev.halfrate.processor.ops.BatchEnd;
import dev.halfrate.processor.ops.BatchView;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Batches for people: a line each, or everything about one. */
final class BatchesPage {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final String ROW = "%-28s %-12s %9s %9s %7s %-16s %12s  %s";

    private final Instant now;

    BatchesPage(Instant now) {
        this.now = now;
    }

    /** @param more that are not shown */
    List<String> table(List<BatchesCommand.Row> rows, int more) {
        var lines = new ArrayList<String>();
        if (rows.isEmpty()) {
            lines.add("no batches");
            return lines;
        }
        lines.add(ROW.formatted("BATCH", "STATE", "REQUESTS", "ENDED", "AGE", "END EXPECTED", "COST", "LANE"));
        for (var row : rows) {
            var batch = row.batch();
            lines.add(ROW.formatted(
                            batch.batchId(),
                            batch.state(),
                            number(batch.requests()),
                            number(batch.ended()),
                            rough(Duration.between(batch.sealedAt(), now)),
                            expected(row.expectedEnd()),
                            "$" + batch.spend().cost().paid(),
                            batch.lane())
                    .stripTrailing());
            if (!row.doing().isEmpty()) {
                lines.add("  " + row.doing());
            }
        }
        if (more > 0) {
            lines.add("and %s more: --limit".formatted(number(more)));
        }
        return lines;
    }

    /** From now on, for a batch that is under way. */
    private String expected(@Nullable BatchEnd end) {
        if (end == null) {
            return "";
        }
        var from = Duration.between(now, end.from());
        var until = Duration.between(now, end.until());
        if (until.isNegative()) {
            return "overdue";
        }
        return from.isNegative() || from.isZero()
                ? "within " + rough(until)
                : "in %s..%s".formatted(rough(from), rough(until));
    }

    List<String> all(BatchesCommand.Row row) {
        var batch = row.batch();
        var lines = new ArrayList<String>();
        add(lines, "batch", batch.batchId());
        add(lines, "state", batch.state() + (batch.doubt() ? ", in doubt" : "") + (batch.hold() ? ", on hold" : ""));
        add(lines, "reason", batch.reason());
        add(lines, "refused", batch.refusalCode());
        add(lines, "to do", row.doing());
        add(lines, "lane", batch.lane());
        add(lines, "pool", batch.pool());
        add(lines, "tag", batch.tag());
        add(lines, "requests", requests(batch));
        add(lines, "bytes", number(batch.bytes()));
        add(lines, "sealed", time(batch.sealedAt()));
        add(lines, "created", time(batch.createdAt()));
        add(lines, "ended", time(batch.endedAt()));
        add(lines, "changed", time(batch.changedAt()));
        add(lines, "deadline", time(batch.firstDeadline()));
        Optional.ofNullable(row.expectedEnd())
                .ifPresent(end -> add(lines, "expected", "%s .. %s".formatted(time(end.from()), time(end.until()))));
        add(lines, "remote", (batch.remoteBatchId() + " " + batch.remoteStatus()).strip());
        for (var attempt : batch.attempts()) {
            add(
                    lines,
                    "attempt " + attempt.number(),
                    "%s %s %s"
                            .formatted(
                                    attempt.outcome(),
                                    time(attempt.startedAt()),
                                    (attempt.inputFileId() + " " + attempt.remoteBatchId()).strip())
                            .strip());
        }
        for (var twin : batch.twins()) {
            add(
                    lines,
                    "twin",
                    "%s, %s, %s lines executed"
                            .formatted(twin.remoteBatchId(), twin.over() ? "over" : "under way", number(twin.lines())));
        }
        add(lines, "part of", batch.parentId());
        add(lines, "open parts", String.join(", ", batch.openParts()));
        var cost = batch.spend().cost();
        add(lines, "cost", "$%s, at once it would have been $%s".formatted(cost.paid(), cost.synchronous()));
        var usage = batch.spend().usage();
        add(lines, "tokens", "%s in, %s out".formatted(number(usage.inputTokens()), number(usage.outputTokens())));
        add(lines, "exposure", exposure(batch.figures()));
        return lines;
    }

    private static String requests(BatchView batch) {
        var text = new StringBuilder(number(batch.requests()));
        append(text, batch.succeeded(), "succeeded");
        append(text, batch.failed(), "failed");
        append(text, batch.expired(), "expired");
        append(text, batch.cancelled(), "cancelled");
        append(text, batch.returned(), "returned to the lane");
        append(text, batch.elsewhere(), "in other parts");
        return text.toString();
    }

    private static String exposure(BatchView.Exposure figures) {
        var text = new StringBuilder();
        append(text, figures.billedTwice(), "billed twice");
        append(text, figures.released(), "of released attempts");
        append(text, figures.missing(), "missing");
        append(text, figures.called(), "called without an answer");
        append(text, figures.hedged(), "hedged");
        append(text, figures.late(), "late");
        return text.isEmpty() ? "none" : text.substring(2) + " lines";
    }

    private static void append(StringBuilder text, long count, String what) {
        if (count > 0) {
            text.append(", ").append(number(count)).append(' ').append(what);
        }
    }

    private static void add(List<String> lines, String label, String value) {
        if (!value.isEmpty()) {
            lines.add("  %-11s %s".formatted(label, value));
        }
    }

    private static String time(@Nullable Instant at) {
        return at == null ? "" : TIME.format(at);
    }

    /** As people say it. */
    static String rough(Duration time) {
        var seconds = Math.max(0, time.toSeconds());
        return seconds < 60
                ? seconds + "s"
                : seconds < 3_600
                        ? seconds / 60 + "m"
                        : seconds < 172_800
                                ? "%dh%02dm".formatted(seconds / 3_600, seconds / 60 % 60)
                                : seconds / 86_400 + "d";
    }
}
