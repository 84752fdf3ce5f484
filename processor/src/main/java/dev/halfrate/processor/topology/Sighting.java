package dev.halfrate.processor.topology;

import org.jspecify.annotations.Nullable;

/**
 * Where a lane knows a request.
 *
 * @param lane its name, empty where only the batch is known
 * @param batchId empty while it waits
 * @param item its number in the batch, from 0; null while it waits
 */
public record Sighting(
        Place place, String lane, String batchId, @Nullable Integer item) {
    /** What becomes of it. */
    public enum Place {
        /** For a window to close, or for its turn. */
        WAITING,
        /** To be tried again later. */
        DELAYED,
        /** Of a batch that has not settled. */
        IN_BATCH,
        /** Answered by a batch whose ids are still known. */
        SUCCEEDED,
        /** Somebody has cancelled it while it was in a batch that has not settled. */
        CANCELLED
    }
}
