package dev.halfrate.processor.config;

import java.time.Duration;

/**
 * Requests that an account's vendor is sent one by one, at the full price.
 *
 * @param callsMax of them at once; fewer while the vendor asks for it
 * @param timeout until the whole answer is there; a call without one may have been paid for
 * @param attemptsMax vendor's failures of one request before its result is `failed`
 * @param inDoubt what is done with a request of a topic that got no answer, and may have been paid for
 */
public record SyncConfig(int callsMax, Duration timeout, int attemptsMax, InDoubt inDoubt) {
    public static final SyncConfig DEFAULT = new SyncConfig(50, Duration.ofMinutes(10), 5, InDoubt.CALL_AGAIN);

    public SyncConfig {
        Check.range("accounts.sync.calls-max", callsMax, 1, 1_000);
        Check.range("accounts.sync.timeout", timeout, Duration.ofSeconds(1), Duration.ofHours(1));
        Check.range("accounts.sync.attempts-max", attemptsMax, 1, 20);
    }

    /** What to do. */
    public enum InDoubt {
        /** It is tried again, and may be paid for twice. */
        CALL_AGAIN,
        /** It ends as failed. */
        SKIP
    }
}
