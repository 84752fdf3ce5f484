package dev.halfrate.processor.codec;

import org.jspecify.annotations.Nullable;

/**
 * A line of a vendor's result file that answers no request of its batch; for operators.
 *
 * @param message what is wrong with it, in our words
 * @param file the vendor's id of it
 * @param line from 1
 * @param bytes of the line
 * @param sha256 of the line, in hexadecimal
 * @param value the line, null if it is too long to be kept
 */
public record QuarantinedLine(
        Reason reason,
        String message,
        String batchId,
        String remoteBatchId,
        String file,
        long line,
        long bytes,
        String sha256,
        byte @Nullable [] value) {

    /** The closed list of reasons. */
    public enum Reason {
        /** Not a result: damaged, odd in shape, or longer than anybody could hold. */
        UNREADABLE,
        /** Under an id that is not of our making. */
        UNKNOWN_ID,
        /** Under an id of our making, but of another batch, or of no item of this one. */
        OTHER_BATCH
    }
}
