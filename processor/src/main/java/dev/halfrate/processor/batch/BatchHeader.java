package dev.halfrate.processor.batch;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a batch was sealed as; never changes.
 *
 * @param windowId batch id of the sealed window that it is, or that it was split off from
 * @param parentId the batch that it was split off from, empty for none
 * @param apiVersion empty where the vendor has none
 * @param tag of a lane whose money is bounded apart, else empty
 * @param items of the window; a part has some of them, by the same numbers
 * @param bytes encoded upstream bytes, of a part only about
 * @param chunks of the manifest
 * @param firstWorkOffset, lastWorkOffset of the manifest's chunks in the work partition
 * @param inboxPartition where the lane that sealed it listens
 * @param firstDeadline earliest of the window's items, null if none of them has one
 * @param atOnce whether its requests are sent one by one instead of in a remote batch
 */
public record BatchHeader(
        String batchId,
        String windowId,
        String parentId,
        String pool,
        String account,
        String endpoint,
        String model,
        String apiVersion,
        List<String> betas,
        String completionWindow,
        String tag,
        int items,
        long bytes,
        int chunks,
        long firstWorkOffset,
        long lastWorkOffset,
        int inboxPartition,
        Instant sealedAt,
        @Nullable Instant firstDeadline,
        boolean atOnce) {

    public BatchHeader {
        betas = List.copyOf(betas);
        if (items < 1 || chunks < 1 || lastWorkOffset < firstWorkOffset) {
            throw new IllegalArgumentException("batch " + batchId + " without items or chunks");
        }
    }

    /** @return whether it is a part of a window that was split */
    public boolean part() {
        return !parentId.isEmpty();
    }

    /** @param number of the part, from 1 */
    BatchHeader part(int number, long partBytes) {
        return new BatchHeader(
                batchId + "." + number,
                windowId,
                batchId,
                pool,
                account,
                endpoint,
                model,
                apiVersion,
                betas,
                completionWindow,
                tag,
                items,
                partBytes,
                chunks,
                firstWorkOffset,
                lastWorkOffset,
                inboxPartition,
                sealedAt,
                firstDeadline,
                atOnce);
    }
}
