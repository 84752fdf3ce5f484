package dev.halfrate.processor.provider;

import java.util.List;

/** What one full listing said about an attempt. */
public sealed interface FindOutcome extends Outcome {
    /** Surely of this attempt; more than one if the create was carried out twice. Oldest first. */
    record Found(List<RemoteBatch> remotes) implements FindOutcome {
        public Found {
            remotes = List.copyOf(remotes);
        }
    }

    /** The listing was complete and had nothing of this attempt. */
    record Absent() implements FindOutcome {}

    /** Perhaps of this attempt. */
    record Candidates(List<RemoteBatch> remotes) implements FindOutcome {
        public Candidates {
            remotes = List.copyOf(remotes);
        }
    }

    /** The listing failed or was incomplete. */
    record CannotTell(String reason) implements FindOutcome {}
}
