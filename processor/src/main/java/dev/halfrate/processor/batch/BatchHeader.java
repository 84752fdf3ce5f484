package dev.halfrate.processor.batch;

import java.time.Instant;
import java.util.List;

/**
 * What a batch was sealed as; never changes.
 *
 * @param apiVersion empty where the vendor has none
 * @param bytes encoded upstream bytes
 * @param chunks of the manifest
 * @param firstWorkOffset, lastWorkOffset of the manifest's chunks in the work partition
 * @param inboxPartition where the lane that sealed it listens
 */
public record BatchHeader(
        String batchId,
        String pool,
        String account,
        String endpoint,
        String model,
        String apiVersion,
        List<String> betas,
        String completionWindow,
        int items,
        long bytes,
        int chunks,
        long firstWorkOffset,
        long lastWorkOffset,
        int inboxPartition,
        Instant sealedAt) {

    public BatchHeader {
        betas = List.copyOf(betas);
        if (items < 1 || chunks < 1 || lastWorkOffset < firstWorkOffset) {
            throw new IllegalArgumentException("batch " + batchId + " without items or chunks");
        }
    }
}
