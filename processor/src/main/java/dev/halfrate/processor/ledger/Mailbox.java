package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.Origin;
import dev.halfrate.processor.codec.QuarantinedLine;
import java.util.List;

/** Where effects say how they went. */
public interface Mailbox {
    void post(Letter letter);

    /** @param batch as it was when the effect was started */
    default void post(Batch batch, BatchEvent event) {
        post(new Letter(batch, event, List.of(), () -> {}));
    }

    /**
     * What happened to a batch.
     *
     * @param origin what the effect was started for
     * @param seen the items that the event reports
     * @param quarantined lines of result files that answer nobody
     * @param handled called when it is committed, so that whoever posts can keep memory bounded
     */
    record Letter(
            String batchId,
            Origin origin,
            BatchEvent event,
            List<SeenItem> seen,
            List<QuarantinedLine> quarantined,
            Runnable handled) {
        public Letter {
            seen = List.copyOf(seen);
            quarantined = List.copyOf(quarantined);
        }

        public Letter(
                Batch batch,
                BatchEvent event,
                List<SeenItem> seen,
                List<QuarantinedLine> quarantined,
                Runnable handled) {
            this(batch.id(), Origin.of(batch), event, seen, quarantined, handled);
        }

        public Letter(Batch batch, BatchEvent event, List<SeenItem> seen, Runnable handled) {
            this(batch, event, seen, List.of(), handled);
        }
    }
}
