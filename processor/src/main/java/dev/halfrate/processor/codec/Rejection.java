package dev.halfrate.processor.codec;

import java.util.Locale;

/** The closed list of reasons why a request with a usable custom_id is answered before it gets into a batch. */
public enum Rejection {
    /** `method` is not POST. */
    METHOD_UNSUPPORTED,
    /** `url` is not one of the endpoints that can be batched. */
    URL_UNSUPPORTED,
    /** `body` is missing or not an object. */
    BODY_TYPE,
    /** `body.model` is missing or not a text. */
    MODEL_MISSING,
    /** `body.stream` is true. */
    STREAM_UNSUPPORTED,
    /** An output limit in the body is no integer, not positive, or absurd. */
    MAX_TOKENS,
    /** The encoded line is over the limit. */
    TOO_LARGE,
    /** A record header that chooses account or API has a value that cannot be meant. */
    HEADER_INVALID,
    /** What the result is to repeat of the request is too long, or no text. */
    ECHO_INVALID,
    /** No account takes the model. */
    NO_ACCOUNT,
    /** A budget has no room for the request. */
    BUDGET_EXCEEDED,
    /** The request's life was over when it was read. Its result is `expired`, all others are `rejected`. */
    REQUEST_EXPIRED;

    /** @return the word that stands in a result's error.code */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    public Result.Status status() {
        return this == REQUEST_EXPIRED ? Result.Status.EXPIRED : Result.Status.REJECTED;
    }
}
