package dev.halfrate.processor.batch;

import dev.halfrate.processor.money.Usd;
import java.util.stream.IntStream;

/**
 * What was sent alone of a batch's items.
 *
 * @param called items that a call was written ahead for, or that none can be made for; none is called a second time
 * @param ahead the part of them that a call answered, and that the remote batch may answer as well
 * @param lateLines answers that came second, of whichever of the two
 * @param lateCost of those, paid on top, as far as prices are known
 */
public record Calls(ItemBits called, ItemBits ahead, int lateLines, Usd lateCost) {
    public static final Calls NONE = new Calls(ItemBits.NONE, ItemBits.NONE, 0, Usd.ZERO);

    Calls with(IntStream items) {
        return with(called.with(items));
    }

    Calls with(ItemBits newCalled) {
        return new Calls(newCalled, ahead, lateLines, lateCost);
    }

    Calls answered(IntStream items) {
        return new Calls(called, ahead.with(items), lateLines, lateCost);
    }

    /** An item has had its second answer. */
    Calls plusLate(int item, Usd cost) {
        return new Calls(called, ahead.without(item), lateLines + 1, lateCost.plus(cost));
    }

    Calls withoutBits() {
        return new Calls(ItemBits.NONE, ItemBits.NONE, lateLines, lateCost);
    }
}
