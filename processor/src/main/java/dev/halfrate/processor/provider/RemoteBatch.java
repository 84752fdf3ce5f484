package dev.halfrate.processor.provider;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A vendor's batch as it was last seen.
 *
 * @param vendorStatus as the vendor spells it
 * @param outputHandle what {@link Provider#results} takes, null if there is none (yet)
 * @param errorHandle likewise for the file of failed lines
 * @param errors only of a batch that failed as a whole
 * @param counts as reported; not to be relied on
 */
public record RemoteBatch(
        String id,
        Status status,
        String vendorStatus,
        @Nullable String inputFileId,
        @Nullable String outputHandle,
        @Nullable String errorHandle,
        Counts counts,
        List<BatchError> errors) {

    public RemoteBatch {
        errors = List.copyOf(errors);
    }

    /** Where a remote batch stands. */
    public enum Status {
        VALIDATING,
        IN_PROGRESS,
        FINALIZING,
        CANCELLING,
        COMPLETED,
        /** Refused at validation; nothing was executed. */
        FAILED,
        EXPIRED,
        CANCELLED,
        /** A word that nobody has heard of: keeps running, raises an alarm. */
        UNKNOWN;

        public boolean terminal() {
            return switch (this) {
                case COMPLETED, FAILED, EXPIRED, CANCELLED -> true;
                case VALIDATING, IN_PROGRESS, FINALIZING, CANCELLING, UNKNOWN -> false;
            };
        }
    }

    /** Lines by what became of them so far. */
    public record Counts(int total, int completed, int failed) {
        public static final Counts NONE = new Counts(0, 0, 0);
    }

    /**
     * Why a batch failed as a whole.
     *
     * @param kind the level at which it acts
     * @param line 1-based number of the input line, null if the vendor names none
     * @param limitTokens as a refusal's
     */
    public record BatchError(
            Refusal.Kind kind,
            String code,
            String message,
            @Nullable Integer line,
            long limitTokens) {

        /** Of which no limit is known. */
        public BatchError(Refusal.Kind kind, String code, String message, @Nullable Integer line) {
            this(kind, code, message, line, 0);
        }
    }
}
