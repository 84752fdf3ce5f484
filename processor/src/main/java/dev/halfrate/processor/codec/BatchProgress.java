package dev.halfrate.processor.codec;

import java.time.Instant;

/**
 * A record of the public feed of batches: where one batch stands now. Key: batch id.
 *
 * @param state the batch's state in lower case, as in docs/architecture.md
 * @param remoteBatchId empty before there is one; remoteStatus likewise, as the vendor spells it
 * @param items requests of the batch
 * @param remoteDone lines that the vendor reports as executed so far
 * @param returned items that went back to the lane
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
        long inputTokens,
        long cachedInputTokens,
        long outputTokens,
        String reason,
        Instant sealedAt,
        Instant at) {}
