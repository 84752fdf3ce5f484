package dev.halfrate.processor.codec;

import dev.halfrate.processor.money.Usage;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The one terminal record of a request, the same whatever the vendor.
 *
 * @param provider, account, model empty if the request never got that far
 * @param httpStatus of the vendor's answer, 0 if there was none
 * @param body the vendor's JSON, byte for byte; null if there was none
 * @param failure null if and only if it succeeded
 * @param batchId, remoteBatchId empty if the request never got that far
 * @param attempts how often the vendor executed it, or failed to
 * @param requestedAt the request record's timestamp
 * @param createdAt when the remote batch was created, endedAt when it ended; null if it never got that far
 * @param traceparent echoed as a record header
 */
public record Result(
        String customId,
        Status status,
        String provider,
        String account,
        String model,
        int httpStatus,
        byte @Nullable [] body,
        @Nullable Failure failure,
        @Nullable Usage usage,
        String batchId,
        String remoteBatchId,
        int attempts,
        Instant requestedAt,
        @Nullable Instant createdAt,
        @Nullable Instant endedAt,
        Instant publishedAt,
        @Nullable String traceparent) {

    /** How a request ended. */
    public enum Status {
        SUCCEEDED,
        FAILED,
        EXPIRED,
        CANCELLED,
        REJECTED
    }

    /**
     * Why it did not succeed.
     *
     * @param code the vendor's, or ours: a word of a documented list
     * @param message says what to change
     * @param permanent whether the same request would fail again
     */
    public record Failure(String code, String message, boolean permanent) {}
}
