package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.Effect;
import dev.halfrate.processor.batch.ItemReport.Finding;
import dev.halfrate.processor.output.OutputRules;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.RawLine;
import dev.halfrate.processor.provider.ResultLine;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The letters of effects, for those who carry them out without HTTP. */
public final class Letters {
    private Letters() {}

    /** Lines by whose they are. */
    public record Strays(int ours, int foreign, int corrupt) {}

    /** One part of a download, through the real collector; at most two of its letters fit. */
    public static Strays ofLines(
            Batch batch, List<ManifestItem> items, List<ResultLine> lines, Mailbox mailbox, ActorClock clock) {
        var collector = new Collector(
                batch, items, Optional.empty(), OutputRules.NONE, new Download(), 8 << 20, mailbox, clock);
        try {
            for (var i = 0; i < lines.size(); i++) {
                collector.accept(lines.get(i), RawLine.of(i + 1, new byte[0], 0));
            }
            collector.flush();
            return new Strays(collector.ours(), collector.foreign(), collector.corrupt());
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a simulation", e);
        }
    }

    public static Mailbox.Letter spoolWritten(Batch batch, int lines, List<ManifestItem> gone, Instant now) {
        var seen = seen(gone, Finding.BODY_GONE, "body_gone", "gone");
        var reports = seen.stream().map(item -> item.report(now)).toList();
        return letter(batch, new BatchEvent.SpoolWritten(lines, reports), seen);
    }

    public static Mailbox.Letter missing(Batch batch, List<ManifestItem> open, Instant now) {
        return reported(batch, seen(open, Finding.MISSING, "missing", "in no file"), now);
    }

    public static Mailbox.Letter refused(Batch batch, List<ManifestItem> open, String code, Instant now) {
        return reported(batch, seen(open, Finding.FAILED_FOR_GOOD, code, "refused"), now);
    }

    public static Mailbox.Letter unexecuted(Batch batch, List<ManifestItem> open, String code, Instant now) {
        return reported(batch, seen(open, Finding.NOT_EXECUTED_EXPIRED, code, "not executed"), now);
    }

    public static Mailbox.Letter refusedLines(
            Batch batch, List<ManifestItem> items, List<Effect.RefusedLine> refused, Instant now) {
        var lines = SpoolOrder.of(batch, items);
        var seen = refused.stream()
                .map(line -> SeenItem.without(
                        lines.get(line.line() - 1), Finding.FAILED_FOR_GOOD, line.code(), line.message()))
                .toList();
        return reported(batch, seen, now);
    }

    public static Mailbox.Letter prepared(Batch batch, List<ManifestItem> found, List<ManifestItem> gone, Instant now) {
        var seen = seen(gone, Finding.BODY_GONE, "body_gone", "gone");
        var reports = seen.stream().map(item -> item.report(now)).toList();
        var items = found.stream().map(ManifestItem::item).toList();
        return letter(batch, new BatchEvent.CallsPrepared(items, reports), seen);
    }

    public static Mailbox.Letter called(Batch batch, ManifestItem item, CallOutcome outcome, Instant now) {
        var seen = switch (outcome) {
            case CallOutcome.Answered(var line) -> SeenItem.answered(item, line, _ -> Optional.empty());
            case CallOutcome.TooLong(var bytes) -> SeenItem.tooLong(item, bytes);
            case CallOutcome.Refused(var refusal, var _) ->
                SeenItem.without(item, Finding.NOT_TAKEN, refusal.code(), refusal.message());
            case CallOutcome.NoAnswer(var reason) -> CallDesk.unanswered(item, reason);
        };
        return letter(batch, new BatchEvent.CallsEnded(List.of(seen.report(now))), List.of(seen));
    }

    public static Mailbox.Letter unanswered(Batch batch, List<ManifestItem> items, List<Integer> called, Instant now) {
        var seen = called.stream()
                .map(item -> CallDesk.unanswered(items.get(item), "its owner was cut off"))
                .toList();
        var reports = seen.stream().map(item -> item.report(now)).toList();
        return letter(batch, new BatchEvent.CallsEnded(reports), seen);
    }

    public static Mailbox.Letter withdrawn(Batch batch, List<ManifestItem> items, List<Integer> unwanted, Instant now) {
        var seen = unwanted.stream()
                .map(item -> HttpVendor.withdrawn(items.get(item)))
                .toList();
        var reports = seen.stream().map(item -> item.report(now)).toList();
        return letter(batch, new BatchEvent.WithdrawalsReported(reports), seen);
    }

    private static List<SeenItem> seen(List<ManifestItem> items, Finding finding, String code, String message) {
        return items.stream()
                .map(item -> SeenItem.without(item, finding, code, message))
                .toList();
    }

    private static Mailbox.Letter reported(Batch batch, List<SeenItem> seen, Instant now) {
        var reports = seen.stream().map(item -> item.report(now)).toList();
        return letter(batch, new BatchEvent.Reported(reports), seen);
    }

    private static Mailbox.Letter letter(Batch batch, BatchEvent event, List<SeenItem> seen) {
        return new Mailbox.Letter(batch, event, seen, () -> {});
    }
}
