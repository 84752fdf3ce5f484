package dev.halfrate.processor.money;

/**
 * What one token costs, by what becomes of it.
 *
 * @param input neither read from nor written to a cache
 * @param cachedInput read from a cache
 * @param cacheWrite written to a cache for minutes
 * @param hourCacheWrite written to a cache for an hour
 * @param output reasoning included
 */
public record Rates(Usd input, Usd cachedInput, Usd cacheWrite, Usd hourCacheWrite, Usd output) {
    Usd of(Usage usage) {
        var written = usage.cacheWriteTokens() - usage.hourCacheWriteTokens();
        var plain = usage.inputTokens() - usage.cachedInputTokens() - usage.cacheWriteTokens();
        return input.times(Math.max(0, plain))
                .plus(cachedInput.times(usage.cachedInputTokens()))
                .plus(cacheWrite.times(Math.max(0, written)))
                .plus(hourCacheWrite.times(usage.hourCacheWriteTokens()))
                .plus(output.times(usage.outputTokens()));
    }
}
