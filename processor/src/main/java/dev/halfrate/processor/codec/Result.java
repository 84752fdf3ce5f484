package dev.halfrate.processor.codec;

import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Usage;
import java.time.Instant;
import java.util.List;
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
 * @param responseParts where the body is if it is too large for one record; null otherwise
 * @param tag the request's label for money; empty for none
 * @param cost null if no usage was reported, or the model has no price
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
        @Nullable String traceparent,
        @Nullable ResponseParts responseParts,
        String tag,
        @Nullable Cost cost) {

    /** Without a label, of no known cost, and with its body, if there is one, in one piece. */
    public Result(
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
        this(
                customId,
                status,
                provider,
                account,
                model,
                httpStatus,
                body,
                failure,
                usage,
                batchId,
                remoteBatchId,
                attempts,
                requestedAt,
                createdAt,
                endedAt,
                publishedAt,
                traceparent,
                null,
                "",
                null);
    }

    /** The same with its body elsewhere. */
    public Result in(ResponseParts parts) {
        return new Result(
                customId,
                status,
                provider,
                account,
                model,
                httpStatus,
                null,
                failure,
                usage,
                batchId,
                remoteBatchId,
                attempts,
                requestedAt,
                createdAt,
                endedAt,
                publishedAt,
                traceparent,
                parts,
                tag,
                cost);
    }

    /** The same without any text that a vendor wrote, which may be an answer or quote a prompt. */
    public Result withoutWhatTheVendorSaid() {
        return new Result(
                customId,
                status,
                provider,
                account,
                model,
                httpStatus,
                null,
                failure == null ? null : new Failure(failure.code, "", failure.permanent),
                usage,
                batchId,
                remoteBatchId,
                attempts,
                requestedAt,
                createdAt,
                endedAt,
                publishedAt,
                traceparent,
                responseParts,
                tag,
                cost);
    }

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

    /**
     * Records whose values, one after the other, are the body.
     *
     * @param bytes of the body
     * @param sha256 of the body, in hexadecimal
     */
    public record ResponseParts(String topic, int partition, List<Long> offsets, long bytes, String sha256) {
        public ResponseParts {
            offsets = List.copyOf(offsets);
        }
    }
}
