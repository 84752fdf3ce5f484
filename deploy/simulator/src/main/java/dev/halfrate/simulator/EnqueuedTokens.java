package dev.halfrate.simulator;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** How many prompt tokens wait or run in batches, by account and model. Safe for use by many threads. */
final class EnqueuedTokens {

    private final Present<Limits> limits;
    private final Map<String, Long> enqueued = new HashMap<>();

    EnqueuedTokens(Present<Limits> limits) {
        this.limits = limits;
    }

    /** False, and nothing has happened, if that would be too many. */
    synchronized boolean add(String account, String model, long tokens) {
        if (!fits(account, model, tokens)) {
            return false;
        }
        enqueued.merge(key(account, model), tokens, Long::sum);
        return true;
    }

    synchronized boolean fits(String account, String model, long tokens) {
        long limit = limits.get().enqueuedTokensOf(model);
        return limit == 0 || enqueued.getOrDefault(key(account, model), 0L) + tokens <= limit;
    }

    synchronized void remove(String account, String model, long tokens) {
        enqueued.merge(key(account, model), -tokens, Long::sum);
    }

    /** In the vendor's words. */
    BatchError tooMany(String account, String model) {
        return BatchError.ofFile(
                "token_limit_exceeded",
                null,
                String.format(
                        Locale.ROOT,
                        "Enqueued token limit reached for %s in organization %s. Limit: %,d enqueued tokens."
                                + " Please try again once some in_progress batches have been completed.",
                        model,
                        account,
                        limits.get().enqueuedTokensOf(model)));
    }

    private static String key(String account, String model) {
        return account + " " + model;
    }
}
