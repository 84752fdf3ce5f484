package dev.halfrate.processor.money;

import java.time.LocalDate;
import java.util.Map;

/**
 * What was spent on one batch.
 *
 * @param lane its name
 * @param day on which it settled, in UTC; today for one that has not
 * @param byTag the part of the spend that bears labels, by label
 * @param exposedLines that were perhaps, or surely, bought on top
 * @param exposure what those cost, if they cost what the answered ones did; not in the spend
 */
public record BatchSpend(
        String account,
        String model,
        String lane,
        LocalDate day,
        Spend spend,
        Map<String, Spend> byTag,
        long exposedLines,
        Usd exposure) {

    public BatchSpend {
        byTag = Map.copyOf(byTag);
    }
}
