package dev.halfrate.trial;

import dev.halfrate.processor.codec.Result;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All that can be seen of a run from outside, once it is over.
 *
 * @param sent records of the requests topic
 * @param answers statuses of the results of each custom_id
 * @param deadLetters how many there are for each source record
 * @param batches the ledger's last word on each batch, by its id
 * @param billed lines of batches in the vendor's billing book
 * @param calls contents of the calls in it
 * @param leaks where something stands that may not stand there
 */
record Evidence(
        List<Sent> sent,
        Map<String, List<Result.Status>> answers,
        Map<Place, Integer> deadLetters,
        Map<String, LedgerBatch> batches,
        List<Billed> billed,
        List<String> calls,
        List<String> leaks) {

    /** Where a record stands. */
    record Place(int partition, long offset) {}

    /**
     * @param customId null if it cannot be read, so that a dead letter must follow
     * @param content as the billing book names it, empty if there is none
     */
    record Sent(Place place, @Nullable String customId, String content) {}

    /**
     * @param twins remote batches that the ledger knows to be surplus
     * @param extraLinesMax lines that may have been billed once more, by the ledger's own account
     * @param extraCallsMax calls that may have been billed on top, by the same
     * @param lateLines answers that came second, each of which was billed on top, by the same
     */
    record LedgerBatch(
            String state,
            List<Attempt> attempts,
            Set<String> twins,
            int extraLinesMax,
            int extraCallsMax,
            int lateLines) {}

    /** @param over whether its outcome is known, or was made harmless */
    record Attempt(String tag, boolean over) {}

    /** @param tag of the attempt whose line it is */
    record Billed(String remoteBatchId, String tag, String content) {}
}
