package dev.halfrate.processor.provider;

import org.jspecify.annotations.Nullable;

/** How a single call ended. It says nothing about the account's batches, whose limits are others. */
public sealed interface CallOutcome {

    /**
     * The vendor answered the request, with what was asked for or with what is wrong with it.
     *
     * @param line as it would stand in a result file, with an empty id
     */
    record Answered(ResultLine.Answered line) implements CallOutcome {}

    /** The vendor answered, and was paid, but its answer is longer than anybody could hold. */
    record TooLong(long bytes) implements CallOutcome {}

    /**
     * Definite: the request was not executed, and others will fare alike for now.
     *
     * @param refusal {@link Refusal.Kind#NOT_FOUND} if there is no such endpoint where the account points to; never a
     *     kind that is about the request itself
     * @param line what the vendor said, null if that was nothing
     */
    record Refused(Refusal refusal, ResultLine.@Nullable Answered line) implements CallOutcome {}

    /**
     * Nobody knows: the request may have been executed, and paid for.
     *
     * @param reason short, e.g. "timed out", "HTTP 504"
     */
    record NoAnswer(String reason) implements CallOutcome {}
}
