package dev.halfrate.processor.config;

/**
 * What an account's vendor takes, where it takes less than its kind usually does; 0 leaves it at that.
 *
 * @param requestsMax of one batch
 * @param bytesMax of one batch's input
 * @param lineBytesMax of one encoded line
 * @param createsPerHour of one process, within any hour
 * @param uploadsPerMinute of one process, within any minute
 */
public record LimitsConfig(int requestsMax, long bytesMax, int lineBytesMax, int createsPerHour, int uploadsPerMinute) {
    public static final LimitsConfig VENDORS = new LimitsConfig(0, 0, 0, 0, 0);

    public LimitsConfig {
        Check.range("accounts.limits.requests-max", requestsMax, 0, 1_000_000);
        Check.range("accounts.limits.bytes-max", bytesMax, 0, 2_000_000_000);
        Check.range("accounts.limits.line-bytes-max", lineBytesMax, 0, 100_000_000);
        Check.range("accounts.limits.creates-per-hour", createsPerHour, 0, 100_000);
        Check.range("accounts.limits.uploads-per-minute", uploadsPerMinute, 0, 10_000);
    }
}
