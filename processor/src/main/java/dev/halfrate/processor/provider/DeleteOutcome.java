package dev.halfrate.processor.provider;

/** How a deletion ended. */
public sealed interface DeleteOutcome extends Outcome {
    /** It is not there any more. */
    record Deleted() implements DeleteOutcome {}

    record Refused(Refusal refusal) implements DeleteOutcome {}

    record NoAnswer(String reason) implements DeleteOutcome {}
}
