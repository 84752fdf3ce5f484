package dev.halfrate.processor.provider;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A definite no: the vendor did not do it and said so, or could not be reached at all.
 *
 * @param httpStatus 0 if no connection was made
 * @param code the vendor's, or ours in the same style; never a quote
 * @param message short, for people; never quotes a prompt, an answer or a key
 * @param retryAfter what the vendor asked for
 * @param limitTokens enqueued tokens that the vendor allows, if it said so when its queue was full; else 0
 */
public record Refusal(
        Kind kind,
        int httpStatus,
        String code,
        String message,
        @Nullable Duration retryAfter,
        long limitTokens) {

    /** Of which no limit is known. */
    public Refusal(Kind kind, int httpStatus, String code, String message, @Nullable Duration retryAfter) {
        this(kind, httpStatus, code, message, retryAfter, 0);
    }

    /** The level at which it acts. */
    public enum Kind {
        /** Bad, revoked or forbidden key: the account pauses. */
        KEY,
        /** No credit: the account pauses. */
        CREDIT,
        /** Too many calls: account and model back off. */
        RATE,
        /** Enqueued tokens or batches at their limit: the lane waits, no attempt is spent. */
        QUEUE_FULL,
        /** The batch is too large: split. */
        TOO_LARGE,
        /** Something in the batch is wrong: items fail. */
        BAD_REQUEST,
        /** What the call names is not there. */
        NOT_FOUND,
        /** Not connected, or overloaded and saying so: try later. */
        UNAVAILABLE
    }
}
