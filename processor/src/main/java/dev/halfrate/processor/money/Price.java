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
    public record LongContext(long above, Rates batch, Rates synchronous) {
        private boolean holdsFor(Usage usage) {
            return usage.inputTokens() > above;
        }
    }

    /** @param usage of one request of a batch: a long input has its own price */
    public Cost of(Usage usage) {
        return longContext != null && longContext.holdsFor(usage)
                ? cost(usage, longContext.batch(), longContext.synchronous())
                : cost(usage, batch, synchronous);
    }

    /** @param usage of one request that was sent at once */
    public Cost atOnce(Usage usage) {
        var rates = longContext != null && longContext.holdsFor(usage) ? longContext.synchronous() : synchronous;
        return cost(usage, rates, rates);
    }

    private static Cost cost(Usage usage, Rates paid, Rates synchronous) {
        return new Cost(paid.of(usage), synchronous.of(usage), paid.of(usage.withoutCache()));
    }
}
