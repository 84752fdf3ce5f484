package dev.halfrate.processor.money;

import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * What a model costs.
 *
 * @param since the day from which it holds
 * @param source where it was read
 * @param derived whether the batch price is not the vendor's own figure but its usual share of the synchronous one
 * @param longContext another price for requests with long inputs, null if there is none
 */
public record Price(
        LocalDate since,
        String source,
        boolean derived,
        Rates batch,
        Rates synchronous,
        @Nullable LongContext longContext) {

    /**
     * A price for the whole of a request that has more input tokens.
     *
     * @param above so many
     */
    public record LongContext(long above, Rates batch, Rates synchronous) {}

    /** @param usage of one request: a long input has its own price */
    public Cost of(Usage usage) {
        return longContext != null && usage.inputTokens() > longContext.above()
                ? new Cost(
                        longContext.batch().of(usage), longContext.synchronous().of(usage))
                : new Cost(batch.of(usage), synchronous.of(usage));
    }
}
