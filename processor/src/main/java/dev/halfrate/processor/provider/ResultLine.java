package dev.halfrate.processor.provider;

import dev.halfrate.processor.money.Usage;
import org.jspecify.annotations.Nullable;

/** One line of a result file. */
public sealed interface ResultLine {
    /**
     * The vendor executed the request.
     *
     * @param upstreamId as it stands in the line; whether it is ours is the caller's to find out
     * @param body the vendor's JSON, byte for byte
     * @param usage null if the body has none
     */
    record Answered(
            String upstreamId,
            int httpStatus,
            byte[] body,
            @Nullable Usage usage,
            @Nullable LineError error) implements ResultLine {

        public boolean succeeded() {
            return error == null;
        }
    }

    /** The vendor did not execute the request. */
    record NotExecuted(String upstreamId, Cause cause, LineError error) implements ResultLine {}

    /** The vendor executed the request, but its line is longer than anybody could hold. */
    record TooLong(String upstreamId, long bytes) implements ResultLine {}

    /** A line that cannot be read; others can. */
    record Corrupt(long lineNumber, String reason) implements ResultLine {}

    /** Why a request was not executed. */
    enum Cause {
        EXPIRED,
        CANCELLED,
        OTHER
    }

    /**
     * @param code the vendor's
     * @param message the vendor's; goes into the result only
     * @param permanent whether trying again cannot help
     */
    record LineError(String code, String message, boolean permanent) {}
}
