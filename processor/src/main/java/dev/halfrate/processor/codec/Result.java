package dev.halfrate.processor.codec;

import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.internal.Ref;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The one terminal record of a request, the same whatever the vendor.
 *
 * @param provider, account, model empty if the request never got that far
 * @param httpStatus of the vendor's answer, 0 if there was none
 * @param body the vendor's JSON, byte for byte; null if there was none
 * @param output what was taken out of the body, as a rule of results says; null for nothing
 * @param failure null if and only if it succeeded
 * @param batchId, remoteBatchId empty if the request never got that far
 * @param attempts how often the vendor executed it, or failed to
 * @param createdAt when the remote batch was created, endedAt when it ended; null if it never got that far
 * @param responseParts where the body is if it is too large for one record; null otherwise
 * @param cost null if no usage was reported, or the model has no price
 */
public record Result(
        Request request,
        Status status,
        String provider,
        String account,
        String model,
        int httpStatus,
        byte @Nullable [] body,
        @Nullable Output output,
        @Nullable Failure failure,
        @Nullable Usage usage,
        String batchId,
        String remoteBatchId,
        int attempts,
        @Nullable Instant createdAt,
        @Nullable Instant endedAt,
        Instant publishedAt,
        @Nullable ResponseParts responseParts,
        @Nullable Cost cost) {

    /** Of a request that never got into a batch. */
    public static Result unsent(
            Request request,
            Status status,
            String provider,
            String account,
            String model,
            Failure failure,
            int attempts,
            Instant publishedAt) {
        return new Result(
                request,
                status,
                provider,
                account,
                model,
                0,
                null,
                null,
                failure,
                null,
                "",
                "",
                attempts,
                null,
                null,
                publishedAt,
                null,
                null);
    }

    public String customId() {
        return request.customId;
    }

    public String tag() {
        return request.tag;
    }

    public Instant requestedAt() {
        return request.requestedAt;
    }

    /** The same with its body elsewhere. */
    public Result in(ResponseParts parts) {
        return with(null, output, failure, parts);
    }

    /** The same with its body, put together again. */
    public Result whole(byte[] joined) {
        return with(joined, output, failure, null);
    }

    /** The same with its body only. */
    public Result withoutOutput() {
        return with(body, null, failure, responseParts);
    }

    /** The same without any text that a vendor wrote, which may be an answer or quote a prompt. */
    public Result withoutWhatTheVendorSaid() {
        return with(
                null, null, failure == null ? null : new Failure(failure.code, "", failure.permanent), responseParts);
    }

    private Result with(
            byte @Nullable [] otherBody,
            @Nullable Output otherOutput,
            @Nullable Failure otherFailure,
            @Nullable ResponseParts parts) {
        return new Result(
                request,
                status,
                provider,
                account,
                model,
                httpStatus,
                otherBody,
                otherOutput,
                otherFailure,
                usage,
                batchId,
                remoteBatchId,
                attempts,
                createdAt,
                endedAt,
                publishedAt,
                parts,
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
     * What the result says of the request that it answers.
     *
     * @param tag its label for money; empty for none
     * @param requestedAt its record's timestamp
     * @param traceparent echoed as a record header
     * @param headers likewise, by name
     * @param metadata members of its body's metadata, by name
     * @param rule name of the configured rule for its result; empty for none; decides the topic
     * @param spent on answers that were tried again
     */
    public record Request(
            String customId,
            String tag,
            Instant requestedAt,
            @Nullable String traceparent,
            Map<String, String> headers,
            Map<String, String> metadata,
            String rule,
            Usd spent) {
        public Request {
            headers = Map.copyOf(headers);
            metadata = Map.copyOf(metadata);
        }

        /** For which nothing was bought. */
        public Request(
                String customId,
                String tag,
                Instant requestedAt,
                @Nullable String traceparent,
                Map<String, String> headers,
                Map<String, String> metadata,
                String rule) {
            this(customId, tag, requestedAt, traceparent, headers, metadata, rule, Usd.ZERO);
        }

        /** What a ref knows of it. */
        public static Request of(Ref ref) {
            return new Request(
                    ref.getCustomId(),
                    ref.getTag(),
                    Instant.ofEpochMilli(ref.getRequestedAt()),
                    ref.getTraceparent(),
                    ref.getEcho(),
                    ref.getMetadata(),
                    ref.getResultRule(),
                    new Usd(ref.getSpentPicos()));
        }

        /** With nothing but what every request has. */
        public Request(String customId, Instant requestedAt, @Nullable String traceparent) {
            this(customId, "", requestedAt, traceparent, Map.of(), Map.of(), "", Usd.ZERO);
        }
    }

    /**
     * What was taken out of an answer.
     *
     * @param json a text, or with {@code structured} any value
     */
    public record Output(boolean structured, byte[] json) {}

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
