package dev.halfrate.simulator;

/**
 * Tokens of one call or of a whole batch.
 *
 * @param inputTokens at OpenAI all of them, at Anthropic those that no cache was asked for
 * @param cacheRead of the input, found in a cache
 * @param cacheWrite5m of the input, put into a cache for five minutes
 * @param cacheWrite1h of the input, put into a cache for an hour
 */
record Usage(long inputTokens, long outputTokens, long cacheRead, long cacheWrite5m, long cacheWrite1h) {

    static final Usage NONE = new Usage(0, 0);

    private static final int BYTES_PER_TOKEN = 4;

    Usage(long inputTokens, long outputTokens) {
        this(inputTokens, outputTokens, 0, 0, 0);
    }

    /** A model's tokenizer, roughly. */
    static long tokensOf(long bytes) {
        return Math.ceilDiv(bytes, BYTES_PER_TOKEN);
    }

    /** The most bytes that count as this many tokens. */
    static long bytesOf(long tokens) {
        return tokens > Integer.MAX_VALUE ? Long.MAX_VALUE : tokens * BYTES_PER_TOKEN;
    }

    Usage plus(Usage other) {
        return new Usage(
                inputTokens + other.inputTokens,
                outputTokens + other.outputTokens,
                cacheRead + other.cacheRead,
                cacheWrite5m + other.cacheWrite5m,
                cacheWrite1h + other.cacheWrite1h);
    }

    Usage minus(Usage other) {
        return new Usage(
                inputTokens - other.inputTokens,
                outputTokens - other.outputTokens,
                cacheRead - other.cacheRead,
                cacheWrite5m - other.cacheWrite5m,
                cacheWrite1h - other.cacheWrite1h);
    }

    long total() {
        return inputTokens + outputTokens + cacheRead + cacheWrite5m + cacheWrite1h;
    }
}
