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
        Status.@Nullable Turnaround turnaround) {}
