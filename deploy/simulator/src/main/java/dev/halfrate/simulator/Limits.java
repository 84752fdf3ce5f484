package dev.halfrate.simulator;

import java.util.Map;

/**
 * How much of what an account may have at each vendor. Zero is no limit, and so is a model without an entry.
 *
 * @param enqueuedTokens prompt tokens in batches that have not ended, by model; {@code *} for all other models
 * @param batchCreatesPerHour batches created in one virtual hour
 * @param batchCallsPerMinute calls of files and batches in one virtual minute
 * @param queuedRequests requests in message batches that have not ended
 * @param callsPerMinute synchronous calls of one model in one virtual minute
 * @param tokensPerMinute tokens of synchronous calls of one model in one virtual minute
 * @param callsAtOnce synchronous calls at the same time
 */
record Limits(
        Map<String, Long> enqueuedTokens,
        int batchCreatesPerHour,
        int batchCallsPerMinute,
        int queuedRequests,
        int callsPerMinute,
        long tokensPerMinute,
        int callsAtOnce) {

    static final Limits NONE = new Limits(Map.of(), 0, 0, 0, 0, 0, 0);

    Limits {
        enqueuedTokens = Map.copyOf(enqueuedTokens);
        requireNotNegative("batch_creates_per_hour", batchCreatesPerHour);
        requireNotNegative("batch_calls_per_minute", batchCallsPerMinute);
        requireNotNegative("queued_requests", queuedRequests);
        requireNotNegative("calls_per_minute", callsPerMinute);
        requireNotNegative("tokens_per_minute", tokensPerMinute);
        requireNotNegative("calls_at_once", callsAtOnce);
        enqueuedTokens.forEach((model, tokens) -> requireNotNegative("enqueued_tokens of " + model, tokens));
    }

    /** Zero if there is none. */
    long enqueuedTokensOf(String model) {
        return enqueuedTokens.getOrDefault(model, enqueuedTokens.getOrDefault("*", 0L));
    }

    private static void requireNotNegative(String name, long got) {
        if (got < 0) {
            throw new IllegalArgumentException(name + " must be >= 0");
        }
    }
}
