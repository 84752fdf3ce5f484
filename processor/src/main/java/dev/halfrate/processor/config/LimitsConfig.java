package dev.halfrate.processor.config;

import java.util.List;

/**
 * What an account's vendor takes, where it takes less than its kind usually does; 0 leaves it at that.
 *
 * @param requestsMax of one batch
 * @param bytesMax of one batch's input
 * @param lineBytesMax of one encoded line
 * @param createsPerHour of one process, within any hour
 * @param uploadsPerMinute of one process, within any minute
 * @param enqueuedTokens of a model in the account's pool, in batches that have not ended; the first pattern that matches holds
 */
public record LimitsConfig(
        int requestsMax,
        long bytesMax,
        int lineBytesMax,
        int createsPerHour,
        int uploadsPerMinute,
        List<ModelTokens> enqueuedTokens) {
    public static final LimitsConfig VENDORS = new LimitsConfig(0, 0, 0, 0, 0);

    /** @param model a pattern, `*` standing for any text */
    public record ModelTokens(String model, long tokens) {
        public ModelTokens {
            Check.range("accounts.limits.enqueued-tokens", tokens, 0, 1_000_000_000_000L);
        }
    }

    public LimitsConfig {
        Check.range("accounts.limits.requests-max", requestsMax, 0, 1_000_000);
        Check.range("accounts.limits.bytes-max", bytesMax, 0, 2_000_000_000);
        Check.range("accounts.limits.line-bytes-max", lineBytesMax, 0, 100_000_000);
        Check.range("accounts.limits.creates-per-hour", createsPerHour, 0, 100_000);
        Check.range("accounts.limits.uploads-per-minute", uploadsPerMinute, 0, 10_000);
        enqueuedTokens = List.copyOf(enqueuedTokens);
    }

    /** With whatever number of tokens the vendor turns out to allow. */
    public LimitsConfig(int requestsMax, long bytesMax, int lineBytesMax, int createsPerHour, int uploadsPerMinute) {
        this(requestsMax, bytesMax, lineBytesMax, createsPerHour, uploadsPerMinute, List.of());
    }

    /** @return how many tokens of a model may be enqueued, 0 if that is not configured */
    public long enqueuedTokensOf(String model) {
        return enqueuedTokens.stream()
                .filter(limit -> AccountConfig.matches(limit.model(), model))
                .mapToLong(ModelTokens::tokens)
                .findFirst()
                .orElse(0);
    }
}
