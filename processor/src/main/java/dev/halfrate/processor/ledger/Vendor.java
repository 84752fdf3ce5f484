package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.Effect;

/**
 * Whatever an actor wants done outside of its log: HTTP calls, spool files. Starts it and returns; how it went
 * comes as a letter. One for each time a partition is owned.
 */
public interface Vendor extends AutoCloseable {
    /** @param batch as it was committed; never {@link Effect.StartTimer} */
    void start(Batch batch, Effect effect);

    /** Nothing new reaches the wire from here on; what is under way is cut, its letters are dropped. */
    @Override
    void close();
}
