package dev.halfrate.processor.provider;

/** How a cancel ended. */
public sealed interface CancelOutcome extends Outcome {
    record Cancelling(RemoteBatch remote) implements CancelOutcome {}

    /** Definite, e.g. because the batch has ended already. */
    record Refused(Refusal refusal) implements CancelOutcome {}

    record NoAnswer(String reason) implements CancelOutcome {}
}
