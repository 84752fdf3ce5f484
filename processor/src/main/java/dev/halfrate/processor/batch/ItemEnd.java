package dev.halfrate.processor.batch;

import dev.halfrate.processor.money.Usage;

/** An item leaves its batch: with its terminal record, or back to the lane. Happens once per item. */
public record ItemEnd(int item, Kind kind, Usage usage) {
    /** Where it goes. */
    public enum Kind {
        SUCCEEDED,
        FAILED,
        EXPIRED,
        CANCELLED,
        /** Back to the lane, for a later window. */
        RETURNED
    }
}
