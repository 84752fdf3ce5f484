package dev.halfrate.processor.provider;

/** How the download of a result file ended. */
public sealed interface ResultsOutcome extends Outcome {
    /** The whole file was read. */
    record Complete(long lines) implements ResultsOutcome {}

    /** It broke off; the lines so far were delivered. */
    record BrokenOff(String reason) implements ResultsOutcome {}

    /** A definite no; {@link Refusal.Kind#NOT_FOUND} if the file is gone. */
    record Refused(Refusal refusal) implements ResultsOutcome {}
}
