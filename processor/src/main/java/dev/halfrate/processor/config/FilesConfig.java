package dev.halfrate.processor.config;

import java.time.Duration;

/**
 * How long an account's files stay with the vendor.
 *
 * @param expireAfter what the vendor is asked to delete input and output files after; zero leaves it to the vendor
 * @param delete whether input and output files are deleted once their batch has settled
 */
public record FilesConfig(Duration expireAfter, boolean delete) {
    public static final FilesConfig KEEP = new FilesConfig(Duration.ZERO, false);

    public FilesConfig {
        if (!expireAfter.isZero()) {
            Check.range("accounts.files.expire-after", expireAfter, Duration.ofDays(3), Duration.ofDays(30));
        }
    }
}
