package dev.halfrate.processor.codec;

import dev.halfrate.processor.money.Spend;
import java.time.Instant;
import java.util.Map;

/**
 * A record of the public feed of batches: where one batch stands now. Key: batch id.
 *
 * @param state the batch's state in lower case, as in docs/architecture.md
 * @param remoteBatchId empty before there is one; remoteStatus likewise, as the vendor spells it
 * @param items requests of the batch
 * @param remoteDone lines that the vendor reports as executed so far
 * @param returned items that went back to the lane
 * @param spend on its requests so far
 * @param tags the part of it that bears labels, by label
 * @param reason short, for states that need one; else empty
 */
public record BatchProgress(
        String batchId,
        String state,
        String provider,
        String account,
        String model,
        String endpoint,
        String remoteBatchId,
        String remoteStatus,
        int attempt,
        int items,
        long bytes,
        int remoteDone,
        int succeeded,
        int failed,
        int expired,
        int cancelled,
        int returned,
        Spend spend,
        Map<String, Spend> tags,
        String reason,
        Instant sealedAt,
        Instant at) {
    public BatchProgress {
        tags = Map.copyOf(tags);
    }
}
