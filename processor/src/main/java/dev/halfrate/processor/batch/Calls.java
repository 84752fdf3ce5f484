package dev.halfrate.processor.batch;

import dev.halfrate.processor.money.Usd;
import java.util.stream.IntStream;

/**
 * What was sent alone of a batch's items.
 *
 * @param called items that a call was written ahead for; none is called a second time
 * @param late the part of them that the remote batch answered as well, after a call had
 * @param lateLines how many those are, also when the bits are forgotten
 * @param lateCost of those lines, paid on top, as far as prices are known
 */
public record Calls(ItemBits called, ItemBits late, int lateLines, Usd lateCost) {
    public static final Calls NONE = new Calls(ItemBits.NONE, ItemBits.NONE, 0, Usd.ZERO);

    Calls with(IntStream items) {
        return with(called.with(items));
    }

    Calls with(ItemBits newCalled) {
        return new Calls(newCalled, late, lateLines, lateCost);
    }

    Calls plusLate(int item, Usd cost) {
        return new Calls(called, late.with(IntStream.of(item)), lateLines + 1, lateCost.plus(cost));
    }

    Calls withoutBits() {
        return new Calls(ItemBits.NONE, ItemBits.NONE, lateLines, lateCost);
    }
}
