package dev.halfrate.processor.provider;

/** How the question for a marker ended. */
public sealed interface MarkerOutcome extends Outcome {
    /** @param newest id of the newest remote batch, empty if there is none */
    record Marker(String newest) implements MarkerOutcome {}

    record Refused(Refusal refusal) implements MarkerOutcome {}

    record NoAnswer(String reason) implements MarkerOutcome {}
}
