package dev.halfrate.processor.batch;

import dev.halfrate.processor.money.Spend;

/**
 * An item leaves its batch: with its terminal record, or back to the lane. Happens once per item.
 *
 * @param tag the request's label for money; empty for none
 */
public record ItemEnd(int item, Kind kind, String tag, Spend spend) {
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
