package dev.halfrate.processor.balance;

import dev.halfrate.schemas.internal.LaneRecord;
import dev.halfrate.schemas.internal.Signal;

/**
 * What came into a lane and what ended, since there is the lane: {@code arrived = accepted + absorbed + conflicts}, and
 * {@code accepted = succeeded + failed + expired + cancelled + rejected +} what is in flight.
 *
 * @param absorbed repeats that another one's result answers
 * @param conflicts repeats of an id with another content, which were dead-lettered
 * @param rejected those that no budget had room for; what intake rejects never arrives
 */
public record LaneTotals(
        long arrived,
        long accepted,
        long absorbed,
        long conflicts,
        long succeeded,
        long failed,
        long expired,
        long cancelled,
        long rejected) {
    public static final LaneTotals NONE = new LaneTotals(0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** With nothing rejected. */
    public LaneTotals(
            long arrived,
            long accepted,
            long absorbed,
            long conflicts,
            long succeeded,
            long failed,
            long expired,
            long cancelled) {
        this(arrived, accepted, absorbed, conflicts, succeeded, failed, expired, cancelled, 0);
    }

    public static LaneTotals of(LaneRecord lane) {
        return new LaneTotals(
                lane.getArrived(),
                lane.getAccepted(),
                lane.getAbsorbed(),
                lane.getConflicts(),
                lane.getSucceeded(),
                lane.getFailed(),
                lane.getExpired(),
                lane.getCancelled(),
                lane.getRejected());
    }

    /** @return what a batch's end adds */
    public static LaneTotals of(Signal settled) {
        return new LaneTotals(
                0,
                0,
                0,
                0,
                settled.getSucceededCount(),
                settled.getFailedCount(),
                settled.getExpiredCount(),
                settled.getCancelledCount());
    }

    public static LaneTotals arrived(int accepted, int absorbed, int conflicts) {
        return new LaneTotals(accepted + absorbed + conflicts, accepted, absorbed, conflicts, 0, 0, 0, 0);
    }

    public static LaneTotals expired(int requests) {
        return new LaneTotals(0, 0, 0, 0, 0, 0, requests, 0);
    }

    public static LaneTotals cancelled(int requests) {
        return new LaneTotals(0, 0, 0, 0, 0, 0, 0, requests);
    }

    public static LaneTotals rejected(int requests) {
        return new LaneTotals(0, 0, 0, 0, 0, 0, 0, 0, requests);
    }

    public LaneTotals plus(LaneTotals more) {
        return new LaneTotals(
                arrived + more.arrived,
                accepted + more.accepted,
                absorbed + more.absorbed,
                conflicts + more.conflicts,
                succeeded + more.succeeded,
                failed + more.failed,
                expired + more.expired,
                cancelled + more.cancelled,
                rejected + more.rejected);
    }

    public LaneTotals minus(LaneTotals less) {
        return new LaneTotals(
                arrived - less.arrived,
                accepted - less.accepted,
                absorbed - less.absorbed,
                conflicts - less.conflicts,
                succeeded - less.succeeded,
                failed - less.failed,
                expired - less.expired,
                cancelled - less.cancelled,
                rejected - less.rejected);
    }

    public long ended() {
        return succeeded + failed + expired + cancelled + rejected;
    }

    /**
     * @param inFlight requests that wait or are in a batch that has not settled
     * @return requests of which nothing is known, negative for those that ended too often; 0 if all is well
     */
    public long gap(long inFlight) {
        var unsorted = arrived - accepted - absorbed - conflicts;
        var unended = accepted - ended() - inFlight;
        return unended == 0 ? unsorted : unended;
    }
}
