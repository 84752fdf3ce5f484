package dev.halfrate.processor.provider;

import java.util.List;

/** What a listing of all remote batches brought. */
public sealed interface SweepOutcome extends Outcome {
    /** The listing was complete. */
    record Swept(List<Listed> batches) implements SweepOutcome {
        public Swept {
            batches = List.copyOf(batches);
        }
    }

    /** The listing failed or was incomplete. */
    record CannotTell(String reason) implements SweepOutcome {}

    /**
     * One of them.
     *
     * @param batchId ours, from the metadata; empty if there is none, or the vendor has no metadata
     * @param tag of the attempt, likewise
     */
    record Listed(RemoteBatch remote, String batchId, String tag) {}
}
