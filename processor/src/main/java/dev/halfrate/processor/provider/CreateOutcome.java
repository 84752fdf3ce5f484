package dev.halfrate.processor.provider;

/** How a create ended. */
public sealed interface CreateOutcome extends Outcome {
    record Created(RemoteBatch remote) implements CreateOutcome {}

    /** Definite: no remote batch was made. */
    record Refused(Refusal refusal) implements CreateOutcome {}

    /**
     * Nobody knows: a remote batch may exist or come into being.
     *
     * @param reason short, e.g. "read timed out", "HTTP 503"
     */
    record InDoubt(String reason) implements CreateOutcome {}
}
