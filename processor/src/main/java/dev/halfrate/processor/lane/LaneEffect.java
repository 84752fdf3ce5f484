package dev.halfrate.processor.lane;

import java.time.Instant;
import java.util.List;

/** What has to be done after a step. */
public sealed interface LaneEffect {
    /** Items from (inclusive) to until (exclusive) of one chunk. */
    record Run(long seq, int from, int until) {}

    /**
     * These items are a batch now.
     *
     * @param number of the batch within its lane
     * @param runs in order; several of one chunk where items between them had expired
     * @param bytes encoded upstream bytes
     * @param picos what they may cost at most, as far as a budget wants to know
     */
    record Seal(long number, Instant at, ClosedBy by, List<Run> runs, int items, long bytes, long picos)
            implements LaneEffect {}

    /** A budget has no room for these items, and does not let them wait. */
    record Reject(List<Run> runs) implements LaneEffect {}

    /** These items are not worth a batch, and may be sent alone. */
    record Divert(List<Run> runs) implements LaneEffect {}

    /** A batch would be late for these items: they are sent alone, and leave from where they wait. */
    record Hasten(List<Run> runs) implements LaneEffect {}

    /** Somebody has cancelled this item: it leaves from where it waits. */
    record Withdraw(Run run) implements LaneEffect {}

    /** The life of these items ended while they waited. */
    record Expire(List<Run> runs) implements LaneEffect {}
}
