package dev.halfrate.processor.cli;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.ops.Status;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The status for people: both equations in lines that can be added up by eye, alarms last. */
final class StatusPage {
    static final int LANES_SHOWN_MAX = 50;
    static final int HOLDS_SHOWN_MAX = 20;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final List<String> lines = new ArrayList<>();

    private StatusPage() {}

    static List<String> of(String application, Status status, List<String> alarms) {
        var page = new StatusPage();
        page.add("%s at %s, %s", application, TIME.format(status.at()), processes(status.processes()));
        page.requests(status);
        page.lanes(status);
        page.ledger(status.ledger());
        page.add("");
        page.add("ALARMS  %s", alarms.isEmpty() ? "none" : String.valueOf(alarms.size()));
        alarms.forEach(alarm -> page.add("  %s", alarm));
        return page.lines;
    }

    private static String processes(int number) {
        return switch (number) {
            case 0 -> "no process runs";
            case 1 -> "1 process runs";
            default -> number + " processes run";
        };
    }

    private void requests(Status status) {
        add("");
        add(
                "%-14s %13s = %10s + %10s + %13s   %12s",
                "REQUESTS", "read", "routed", "rejected", "dead-lettered", "unread");
        for (var partition : status.requests()) {
            counts("partition " + partition.partition(), partition.counts(), partition.unread());
        }
        counts(
                "all",
                status.read(),
                status.requests().stream().mapToLong(Status.Partition::unread).sum());
        if (!status.read().whole()) {
            add("  counted since an offset was set by hand; before that, nobody knows");
        }
    }

    private void counts(String name, ReadCounts counts, long unread) {
        add(
                "%-14s %,13d = %,10d + %,10d + %,13d   %,12d",
                name, counts.read(), counts.routed(), counts.rejected(), counts.deadLettered(), unread);
    }

    private void lanes(Status status) {
        add("");
        add(
                "%-14s %13s = %10s + %10s + %10s + %10s + %10s + %10s   %10s %10s",
                "LANES",
                "accepted",
                "succeeded",
                "failed",
                "expired",
                "cancelled",
                "waiting",
                "in batches",
                "absorbed",
                "conflicts");
        for (var lane : status.lanes().stream().limit(LANES_SHOWN_MAX).toList()) {
            add("%s", lane.name());
            lane("", lane);
        }
        var more = status.lanes().size() - LANES_SHOWN_MAX;
        if (more > 0) {
            add("and %,d lanes more", more);
        }
        lane("all", status.allLanes());
        add(
                "  on the way to their lanes: %s%,d requests",
                status.inTransit().all() ? "" : "more than ", status.inTransit().requests());
    }

    private void lane(String name, Status.Lane lane) {
        var totals = lane.totals();
        add(
                "%-14s %,13d = %,10d + %,10d + %,10d + %,10d + %,10d + %,10d   %,10d %,10d",
                name,
                totals.accepted(),
                totals.succeeded(),
                totals.failed(),
                totals.expired(),
                totals.cancelled(),
                lane.waiting(),
                lane.inBatches(),
                totals.absorbed(),
                totals.conflicts());
    }

    private void ledger(Status.Ledger ledger) {
        add("");
        add(
                "BATCHES  %s",
                ledger.batches().isEmpty()
                        ? "none"
                        : ledger.batches().entrySet().stream()
                                .map(entry -> "%,d %s".formatted(entry.getValue(), entry.getKey()))
                                .collect(Collectors.joining(", ")));
        add("  doubts open: %,d batches; second remote batches under way: %,d", ledger.doubts(), ledger.twins());
        add("  billed twice: %,d lines", ledger.billedTwice());
        add(
                "  may be bought twice: %,d lines of released attempts, %,d missing lines",
                ledger.released(), ledger.missing());
        for (var hold : ledger.holds().stream().limit(HOLDS_SHOWN_MAX).toList()) {
            add(
                    "  on hold since %s: %s, %,d requests of %s: %s",
                    time(hold.since()), hold.batchId(), hold.requests(), hold.lane(), hold.reason());
        }
        var more = ledger.holds().size() - HOLDS_SHOWN_MAX;
        if (more > 0) {
            add("  and %,d on hold more", more);
        }
    }

    private static String time(Instant time) {
        return TIME.format(time);
    }

    private void add(String format, Object... values) {
        lines.add(String.format(Locale.ROOT, format, values).stripTrailing());
    }
}
