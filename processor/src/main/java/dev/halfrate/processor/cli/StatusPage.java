package dev.halfrate.processor.cli;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.ops.Status;
import java.io.PrintWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The status for people: both equations in lines that can be added up by eye, alarms last. */
final class StatusPage {
    static final int LANES_SHOWN_MAX = 50;
    static final int HOLDS_SHOWN_MAX = 20;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final PrintWriter out;

    StatusPage(PrintWriter out) {
        this.out = out;
    }

    void print(String application, Status status, List<String> alarms) {
        out.printf(Locale.ROOT, "%s at %s, %s%n", application, TIME.format(status.at()), processes(status.processes()));
        if (!status.events().isEmpty()) {
            events(status);
        }
        requests(status);
        lanes(status);
        ledger(status.ledger());
        budgets(status.budgets());
        out.println();
        out.printf(Locale.ROOT, "ALARMS  %s%n", alarms.isEmpty() ? "none" : String.valueOf(alarms.size()));
        alarms.forEach(alarm -> out.printf(Locale.ROOT, "  %s%n", alarm));
    }

    private static String processes(int number) {
        return switch (number) {
            case 0 -> "no process runs";
            case 1 -> "1 process runs";
            default -> number + " processes run";
        };
    }

    private void requests(Status status) {
        out.println();
        out.printf(
                Locale.ROOT,
                "%-14s %13s = %10s + %10s + %13s   %12s%n",
                "REQUESTS",
                "read",
                "routed",
                "rejected",
                "dead-lettered",
                "unread");
        partitions(status.requests(), "topics.requests", status.read());
        if (!status.read().whole()) {
            out.printf(
                    Locale.ROOT,
                    "  not all that was read is counted: an offset was set by hand, or those of a topic are gone%n");
        }
    }

    private void events(Status status) {
        out.println();
        out.printf(
                Locale.ROOT,
                "%-14s %13s = %10s + %10s + %13s   %12s%n",
                "EVENTS",
                "read",
                "rendered",
                "skipped",
                "dead-lettered",
                "unread");
        partitions(status.events(), "sources", status.readEvents());
    }

    private void partitions(List<Status.Partition> partitions, String key, ReadCounts all) {
        var topic = "";
        for (var partition : partitions) {
            if (!partition.topic().equals(topic)) {
                topic = partition.topic();
                out.printf(
                        Locale.ROOT,
                        "%s%s%n",
                        topic,
                        partition.configured() ? "" : ", which %s has no more".formatted(key));
            }
            counts("partition " + partition.partition(), partition.counts(), partition.unread());
        }
        counts(
                "all",
                all,
                partitions.stream().mapToLong(Status.Partition::unread).sum());
    }

    private void counts(String name, ReadCounts counts, long unread) {
        out.printf(
                Locale.ROOT,
                "%-14s %,13d = %,10d + %,10d + %,13d   %,12d%n",
                name,
                counts.read(),
                counts.routed(),
                counts.rejected(),
                counts.deadLettered(),
                unread);
    }

    private void lanes(Status status) {
        out.println();
        out.printf(
                Locale.ROOT,
                "%-14s %13s = %10s + %10s + %10s + %10s + %10s + %10s + %10s   %10s %10s%n",
                "LANES",
                "accepted",
                "succeeded",
                "failed",
                "expired",
                "cancelled",
                "rejected",
                "waiting",
                "in batches",
                "absorbed",
                "conflicts");
        for (var lane : status.lanes().stream().limit(LANES_SHOWN_MAX).toList()) {
            out.printf(Locale.ROOT, "%s%n", lane.name());
            lane("", lane);
        }
        var more = status.lanes().size() - LANES_SHOWN_MAX;
        if (more > 0) {
            out.printf(Locale.ROOT, "and %,d lanes more%n", more);
        }
        lane("all", status.allLanes());
        for (var pause : status.pauses()) {
            out.printf(
                    Locale.ROOT, "  paused since %s by %s: %s%n", TIME.format(pause.since()), pause.by(), pause.name());
        }
        out.printf(
                Locale.ROOT,
                "  on the way to their lanes: %s%,d requests%n",
                status.inTransit().all() ? "" : "more than ",
                status.inTransit().requests());
    }

    private void lane(String name, Status.Lane lane) {
        var totals = lane.totals();
        out.printf(
                Locale.ROOT,
                "%-14s %,13d = %,10d + %,10d + %,10d + %,10d + %,10d + %,10d + %,10d   %,10d %,10d%n",
                name,
                totals.accepted(),
                totals.succeeded(),
                totals.failed(),
                totals.expired(),
                totals.cancelled(),
                totals.rejected(),
                lane.waiting(),
                lane.inBatches(),
                totals.absorbed(),
                totals.conflicts());
        var turnaround = lane.turnaround();
        if (turnaround != null) {
            out.printf(
                    Locale.ROOT,
                    "  its last %,d batches took %s at least, half of them up to %s, nine of ten up to %s%n",
                    turnaround.batches(),
                    rough(turnaround.fastestMs()),
                    rough(turnaround.halfMs()),
                    rough(turnaround.nineOfTenMs()));
        }
        var error = lane.estimateErrorPermille();
        if (error != null) {
            out.printf(
                    Locale.ROOT,
                    "  the last batch's input tokens were estimated %.1f %% too %s%n",
                    Math.abs(error) / 10.0,
                    error < 0 ? "low" : "high");
        }
    }

    /** As people say it. */
    private static String rough(long millis) {
        var seconds = (millis + 500) / 1_000;
        return seconds < 60
                ? seconds + "s"
                : seconds < 3_600
                        ? "%dm %02ds".formatted(seconds / 60, seconds % 60)
                        : "%dh %02dm".formatted(seconds / 3_600, seconds / 60 % 60);
    }

    private void budgets(List<Status.Budget> budgets) {
        for (var budget : budgets) {
            out.printf(
                    Locale.ROOT,
                    "  budget %s: $%s of $%s spent, $%s reserved%n",
                    budget.name(),
                    budget.spent(),
                    budget.usd(),
                    budget.reserved());
        }
    }

    private void ledger(Status.Ledger ledger) {
        out.println();
        out.printf(
                Locale.ROOT,
                "BATCHES  %s%n",
                ledger.batches().isEmpty()
                        ? "none"
                        : ledger.batches().entrySet().stream()
                                .map(entry -> "%,d %s".formatted(entry.getValue(), entry.getKey()))
                                .collect(Collectors.joining(", ")));
        out.printf(
                Locale.ROOT,
                "  doubts open: %,d batches; second remote batches under way: %,d%n",
                ledger.doubts(),
                ledger.twins());
        out.printf(Locale.ROOT, "  billed twice: %,d lines%n", ledger.billedTwice());
        out.printf(
                Locale.ROOT,
                "  may be bought twice: %,d lines of released attempts, %,d missing lines, %,d calls without an answer, %,d hedges%n",
                ledger.released(),
                ledger.missing(),
                ledger.called(),
                ledger.hedged());
        var cost = ledger.money().spend().cost();
        out.printf(
                Locale.ROOT,
                "  paid: $%s; at once it would have been $%s%s%n",
                cost.paid(),
                cost.synchronous(),
                ledger.money().spend().unpricedTokens() == 0
                        ? ""
                        : "; %,d tokens of models without a price"
                                .formatted(ledger.money().spend().unpricedTokens()));
        for (var hold : ledger.holds().stream().limit(HOLDS_SHOWN_MAX).toList()) {
            out.printf(
                    Locale.ROOT,
                    "  on hold since %s: %s, %,d requests of %s: %s%n",
                    TIME.format(hold.since()),
                    hold.batchId(),
                    hold.requests(),
                    hold.lane(),
                    hold.reason());
        }
        var more = ledger.holds().size() - HOLDS_SHOWN_MAX;
        if (more > 0) {
            out.printf(Locale.ROOT, "  and %,d on hold more%n", more);
        }
    }
}
