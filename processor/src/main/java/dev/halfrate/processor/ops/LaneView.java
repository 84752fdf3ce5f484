package dev.halfrate.processor.ops;

import dev.halfrate.processor.balance.LaneTotals;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One lane, as its store has it.
 *
 * @param waiting requests for a window to close, or for their turn
 * @param delayed requests that are to be tried again later
 * @param inBatches requests in batches that have not settled
 * @param oldestAt when the request at the head arrived, null if none waits
 * @param turnaround of its last remote batches, null if there was none
 * @param tokens what its model may have enqueued, null if nothing bounds it
 * @param waits what keeps it from sealing more, or its batches from being sent; empty for nothing
 */
public record LaneView(
        String lane,
        String pool,
        String account,
        String model,
        String endpoint,
        String apiVersion,
        List<String> betas,
        String completionWindow,
        String tag,
        long waiting,
        long waitingBytes,
        long delayed,
        long inBatches,
        int batchesInFlight,
        @Nullable Instant oldestAt,
        LaneTotals totals,
        Status.@Nullable Turnaround turnaround,
        @Nullable Tokens tokens,
        List<Wait> waits) {

    /**
     * Input tokens by estimate.
     *
     * @param waiting of the lane
     * @param max that all batches of the model and pool may have at the vendor
     * @param free of those
     * @param learned whether the vendor said so when it refused a batch; otherwise it is configured
     */
    public record Tokens(long waiting, long max, long free, boolean learned) {}

    /** What keeps a lane. */
    public enum Why {
        /** An operator has paused it. */
        PAUSED,
        /** An operator has paused its account. */
        ACCOUNT_PAUSED,
        /** So many of its batches are not over that it has to wait for one of them. */
        IN_FLIGHT,
        /** No room for its tokens at the vendor. */
        TOKENS,
        /** No room for its money. */
        BUDGET,
        /** Too few wait for a batch of their own. */
        FEW,
        /** Its account is not called for a while. */
        ACCOUNT
    }

    /**
     * One thing that keeps it.
     *
     * @param name of the budget, or the reason why the account waits; empty for none
     * @param since, by of an operator's pause; null and empty for anything else
     */
    public record Wait(Why why, String name, @Nullable Instant since, String by) {
        static Wait of(Why why, String name) {
            return new Wait(why, name, null, "");
        }
    }

    LaneView with(@Nullable Tokens newTokens, List<Wait> newWaits) {
        return new LaneView(
                lane,
                pool,
                account,
                model,
                endpoint,
                apiVersion,
                betas,
                completionWindow,
                tag,
                waiting,
                waitingBytes,
                delayed,
                inBatches,
                batchesInFlight,
                oldestAt,
                totals,
                turnaround,
                newTokens,
                newWaits);
    }
}
