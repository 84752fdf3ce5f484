package dev.halfrate.processor.ops;

import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.money.Report;
import dev.halfrate.processor.money.Usd;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where everything stands, as Kafka has it.
 *
 * @param processes that read requests
 * @param events that requests are made of; of their counts, routed are the rendered and rejected the skipped
 * @param lanes the busiest first
 * @param pauses the oldest first
 * @param inTransit requests that were routed and have not arrived at their lanes
 * @param budgets in the order of the configuration
 * @param openTransactions that should have ended long ago
 * @param refusals why a start would be refused
 */
public record Status(
        Instant at,
        int processes,
        List<Partition> requests,
        List<Partition> events,
        List<Lane> lanes,
        List<Pause> pauses,
        InTransit inTransit,
        Ledger ledger,
        List<Budget> budgets,
        List<OpenTransaction> openTransactions,
        List<String> refusals) {

    /**
     * One partition that requests or events are or were read from.
     *
     * @param counts not whole if nobody knows them any more
     * @param unread records that wait to be read, or would if the topic still were
     * @param configured whether the topic still is one of those to read
     */
    public record Partition(String topic, int partition, ReadCounts counts, long unread, boolean configured) {}

    /**
     * One lane.
     *
     * @param waiting for a batch, or until they are to be tried again
     * @param inBatches that have not settled
     * @param turnaround of its last remote batches, null if there was none
     * @param estimateErrorPermille by how much the last batch's estimate of input tokens was off, in thousandths of what
     *     the vendor reported; below 0 if it was too low; null if nothing was reported yet
     */
    public record Lane(
            String name,
            LaneTotals totals,
            long waiting,
            long inBatches,
            @Nullable Turnaround turnaround,
            @Nullable Integer estimateErrorPermille) {
        /** Of which nothing is known but counts. */
        public Lane(String name, LaneTotals totals, long waiting, long inBatches) {
            this(name, totals, waiting, inBatches, null, null);
        }

        public long gap() {
            return totals.gap(waiting + inBatches);
        }
    }

    /**
     * How long a lane's last remote batches took, from the create to the end: in milliseconds the fastest, half of them and
     * nine of ten at most.
     *
     * @param batches how many that were
     */
    public record Turnaround(int batches, long fastestMs, long halfMs, long nineOfTenMs) {}

    /** @param all whether that is all; beyond a limit nobody counts */
    public record InTransit(long requests, boolean all) {}

    /** A batch that waits for evidence or an operator. */
    public record Hold(String batchId, String lane, int requests, Instant since, String reason, int attempt) {}

    /**
     * What is sealed no more until somebody resumes it.
     *
     * @param name of a lane, or of an account with all its lanes
     */
    public record Pause(String name, Instant since, String by) {}

    /**
     * What the ledger's batches come to.
     *
     * @param batches by state
     * @param doubts batches whose last create is neither found nor proven absent
     * @param holds the oldest first
     * @param twins second remote batches that may still execute lines
     * @param billedTwice lines of second remote batches
     * @param released, missing lines that may be bought twice
     * @param called, hedged requests that may be: sent alone without an answer, or while their batch was on its way
     * @param late lines of remote batches that came after a call's answer
     * @param money what was spent on all batches that the ledger holds
     */
    public record Ledger(
            Map<String, Long> batches,
            long doubts,
            List<Hold> holds,
            long twins,
            long billedTwice,
            long released,
            long missing,
            long called,
            long hedged,
            long late,
            Report.Row money) {}

    /**
     * A hard limit on what may be spent.
     *
     * @param spent in the present period
     * @param reserved for batches that have not settled
     * @param rejects whether requests that do not fit are rejected; otherwise they wait
     */
    public record Budget(String name, Usd usd, Usd spent, Usd reserved, boolean rejects) {
        private boolean nearlyUsed() {
            return spent.plus(reserved).picos() > usd.picos() / 10 * 9;
        }
    }

    /**
     * What is committed after it cannot be read until somebody ends it.
     *
     * @param since when something was last written in it
     */
    public record OpenTransaction(String topic, int partition, Instant since) {}

    /**
     * Something does not add up.
     *
     * @param requests of which nothing is known; negative for too many ends
     */
    public record Gap(String where, long requests) {}

    public ReadCounts read() {
        return sum(requests);
    }

    /** @return counts of events */
    public ReadCounts readEvents() {
        return sum(events);
    }

    private static ReadCounts sum(List<Partition> partitions) {
        return partitions.stream().map(Partition::counts).reduce(ReadCounts.NONE, ReadCounts::plus);
    }

    public Lane allLanes() {
        return lanes.stream()
                .reduce(
                        new Lane("all", LaneTotals.NONE, 0, 0),
                        (sum, lane) -> new Lane(
                                "all",
                                sum.totals().plus(lane.totals()),
                                sum.waiting() + lane.waiting(),
                                sum.inBatches() + lane.inBatches()));
    }

    /** @return what does not add up now; on the move, sums of different moments may differ for a while */
    public List<Gap> gaps() {
        var gaps = new ArrayList<Gap>();
        var read = read();
        if (read.gap() != 0) {
            gaps.add(new Gap("intake", read.gap()));
        }
        if (readEvents().gap() != 0) {
            gaps.add(new Gap("sources", readEvents().gap()));
        }
        // Where an offset was set by hand, or a part of the inbox is not counted, nobody knows what should have
        // arrived.
        var between = read.routed() - allLanes().totals().arrived() - inTransit.requests();
        if (read.whole() && inTransit.all() && between != 0) {
            gaps.add(new Gap("between intake and lanes", between));
        }
        lanes.stream().filter(lane -> lane.gap() != 0).forEach(lane -> gaps.add(new Gap(lane.name(), lane.gap())));
        return gaps;
    }

    /**
     * What an operator has to look at, a line each.
     *
     * @param lasting gaps that were there at every look
     */
    public List<String> alarms(List<Gap> lasting) {
        var alarms = new ArrayList<String>();
        for (var gap : lasting) {
            alarms.add("balance: %s: nothing is known of %d requests; this is a defect, keep the topics and report it"
                    .formatted(gap.where(), gap.requests()));
        }
        if (!ledger.holds().isEmpty()) {
            alarms.add("%d batches are on hold, see their reasons"
                    .formatted(ledger.holds().size()));
        }
        if (ledger.twins() > 0) {
            alarms.add("%d second remote batches may still execute lines".formatted(ledger.twins()));
        }
        budgets.stream()
                .filter(Budget::nearlyUsed)
                .forEach(budget -> alarms.add("budget %s: $%s of $%s are spent and $%s reserved; what does not fit %s"
                        .formatted(
                                budget.name(),
                                budget.spent(),
                                budget.usd(),
                                budget.reserved(),
                                budget.rejects() ? "is rejected" : "waits")));
        openTransactions.forEach(open -> alarms.add(
                "%s-%d: a transaction stands open since %s; what came after it cannot be read until it is aborted"
                        .formatted(open.topic(), open.partition(), open.since())));
        refusals.forEach(refusal -> alarms.add("the next start will be refused: " + refusal));
        return alarms;
    }
}
