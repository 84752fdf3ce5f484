package dev.halfrate.processor.money;

/**
 * Tokens that a vendor reported for one answer.
 *
 * @param inputTokens all input tokens, cached and cache-writing ones included, whatever the vendor's own sums
 * @param cachedInputTokens the part of the input that was read from a cache
 * @param cacheWriteTokens the part of the input that was written to a cache
 * @param hourCacheWriteTokens the part of those that was written for an hour, which costs more
 * @param outputTokens all output tokens, reasoning included
 */
public record Usage(
        long inputTokens, long cachedInputTokens, long cacheWriteTokens, long hourCacheWriteTokens, long outputTokens) {
    public static final Usage NONE = new Usage(0, 0, 0, 0);

    /** Where caches keep what is written for minutes. */
    public Usage(long inputTokens, long cachedInputTokens, long cacheWriteTokens, long outputTokens) {
        this(inputTokens, cachedInputTokens, cacheWriteTokens, 0, outputTokens);
    }

    public boolean isNone() {
        return equals(NONE);
    }

    /** @return the same tokens, had there been no cache */
    Usage withoutCache() {
        return new Usage(inputTokens, 0, 0, outputTokens);
    }

    public Usage plus(Usage other) {
        return new Usage(
                inputTokens + other.inputTokens,
                cachedInputTokens + other.cachedInputTokens,
                cacheWriteTokens + other.cacheWriteTokens,
                hourCacheWriteTokens + other.hourCacheWriteTokens,
                outputTokens + other.outputTokens);
    }

    Usage minus(Usage part) {
        return new Usage(
                inputTokens - part.inputTokens,
                cachedInputTokens - part.cachedInputTokens,
                cacheWriteTokens - part.cacheWriteTokens,
                hourCacheWriteTokens - part.hourCacheWriteTokens,
                outputTokens - part.outputTokens);
    }
}
