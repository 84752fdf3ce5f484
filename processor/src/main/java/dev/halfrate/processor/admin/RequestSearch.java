package dev.halfrate.processor.admin;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a request is, as its lanes know it: those of this process, and of whichever has them. */
public interface RequestSearch {
    /** What becomes of a request. */
    enum Place {
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

    /**
     * One place.
     *
     * @param lane its name, empty where only the batch is known
     * @param batchId empty while it waits
     * @param item its number in the batch, from 0; null while it waits
     */
    record Sighting(
            Place place,
            String pool,
            String lane,
            String batchId,
            @Nullable Integer item) {}

    /**
     * What a search came to.
     *
     * @param unanswered why some lanes could not be asked, by their pool
     */
    record Found(List<Sighting> sightings, Map<String, String> unanswered) {}

    /**
     * @param everywhere whether other processes are asked for lanes that are theirs
     * @param authorization that they are asked with; empty for none
     */
    Found find(String customId, boolean everywhere, String authorization) throws InterruptedException;
}
