package dev.halfrate.processor.provider;

/** How the download of a result file ended. */
public sealed interface ResultsOutcome extends Outcome {
    /** It was read to its end; {@code lines} of it were delivered. */
    record Complete(long lines) implements ResultsOutcome {}

    /**
     * It broke off; the lines so far were delivered.
     *
     * @param next where to go on
     */
    record BrokenOff(String reason, FilePosition next) implements ResultsOutcome {
        public BrokenOff(String reason) {
            this(reason, FilePosition.START);
        }
    }

    /** A definite no; {@link Refusal.Kind#NOT_FOUND} if the file is gone. */
    record Refused(Refusal refusal) implements ResultsOutcome {}
}
