package dev.halfrate.simulator;

/** Tokens of one call or of a whole batch. */
record Usage(long inputTokens, long outputTokens) {

    static final Usage NONE = new Usage(0, 0);

    private static final int BYTES_PER_TOKEN = 4;

    /** A model's tokenizer, roughly. */
    static long tokensOf(long bytes) {
        return Math.ceilDiv(bytes, BYTES_PER_TOKEN);
    }

    /** The most bytes that count as this many tokens. */
    static long bytesOf(long tokens) {
        return tokens > Integer.MAX_VALUE ? Long.MAX_VALUE : tokens * BYTES_PER_TOKEN;
    }

    Usage plus(Usage other) {
        return new Usage(inputTokens + other.inputTokens, outputTokens + other.outputTokens);
    }
}
