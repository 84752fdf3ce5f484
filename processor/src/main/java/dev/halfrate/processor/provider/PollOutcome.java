package dev.halfrate.processor.provider;

/** What a poll brought. */
public sealed interface PollOutcome extends Outcome {
    record Seen(RemoteBatch remote) implements PollOutcome {}

    /** A definite no; {@link Refusal.Kind#NOT_FOUND} if the remote batch is gone. */
    record Refused(Refusal refusal) implements PollOutcome {}

    /** No usable answer; ask again later. */
    record NoAnswer(String reason) implements PollOutcome {}
}
