package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.codec.QuarantinedLine;
import java.util.List;

/** Where effects say how they went. */
public interface Mailbox {
    void post(Letter letter);

    default void post(String batchId, BatchEvent event) {
        post(new Letter(batchId, event, List.of(), () -> {}));
    }

    /**
     * What happened to a batch.
     *
     * @param seen the items that the event reports
     * @param quarantined lines of result files that answer nobody
     * @param handled called when it is committed, so that whoever posts can keep memory bounded
     */
    record Letter(
            String batchId,
            BatchEvent event,
            List<SeenItem> seen,
            List<QuarantinedLine> quarantined,
            Runnable handled) {
        public Letter {
            seen = List.copyOf(seen);
            quarantined = List.copyOf(quarantined);
        }

        public Letter(String batchId, BatchEvent event, List<SeenItem> seen, Runnable handled) {
            this(batchId, event, seen, List.of(), handled);
        }
    }
}
