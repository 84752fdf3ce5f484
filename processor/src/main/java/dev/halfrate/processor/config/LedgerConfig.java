package dev.halfrate.processor.config;

import java.time.Duration;
import java.util.List;

/**
 * How batches are made, watched and collected.
 *
 * @param pollDelays waits before the first, second, … poll; the last one repeats
 * @param pollJitter share of a wait that is drawn at random, 0..1
 * @param createTimeout how long a create may take up to its last body byte
 * @param quiesceMargin what is waited beyond that before an unknown outcome is looked into
 * @param listingsApart time between the two clean listings that prove a create absent
 * @param runningMax how long a remote batch may run before it is cancelled and what it has not executed tried again
 * @param sweepEvery time between two listings of all remote batches in search of some that nobody waits for
 * @param doubtsMax creates of one batch that may end unknown; then it is held
 * @param itemAttemptsMax upstream failures of one request before its result is failed
 * @param retryDelayMax longest back-off after a refusal or outage
 * @param stopWait how long a revoked partition waits for a create in flight
 * @param spoolBytesMax bytes of local spool files; further batches wait
 */
public record LedgerConfig(
        List<Duration> pollDelays,
        double pollJitter,
        Duration createTimeout,
        Duration quiesceMargin,
        Duration listingsApart,
        Duration runningMax,
        Duration sweepEvery,
        int doubtsMax,
        int itemAttemptsMax,
        Duration retryDelayMax,
        Duration stopWait,
        long spoolBytesMax) {

    public LedgerConfig {
        Check.that(!pollDelays.isEmpty(), "ledger.poll-delays", "a list of at least one duration", "none");
        for (var delay : pollDelays) {
            Check.range("ledger.poll-delays", delay, Duration.ofMillis(50), Duration.ofHours(6));
        }
        Check.that(pollJitter >= 0 && pollJitter <= 1, "ledger.poll-jitter", "0..1", pollJitter);
        Check.range("ledger.create-timeout", createTimeout, Duration.ofMillis(100), Duration.ofMinutes(30));
        Check.range("ledger.quiesce-margin", quiesceMargin, Duration.ofMillis(100), Duration.ofHours(1));
        Check.range("ledger.listings-apart", listingsApart, Duration.ofMillis(100), Duration.ofHours(1));
        Check.range("ledger.running-max", runningMax, Duration.ofMinutes(1), Duration.ofDays(30));
        Check.range("ledger.sweep-every", sweepEvery, Duration.ofSeconds(1), Duration.ofDays(1));
        Check.range("ledger.doubts-max", doubtsMax, 1, 10);
        Check.range("ledger.item-attempts-max", itemAttemptsMax, 1, 20);
        Check.range("ledger.retry-delay-max", retryDelayMax, Duration.ofMillis(100), Duration.ofHours(1));
        Check.range("ledger.stop-wait", stopWait, Duration.ZERO, Duration.ofMinutes(2));
        Check.range("ledger.spool-bytes-max", spoolBytesMax, 1_000_000, 1L << 50);
        pollDelays = List.copyOf(pollDelays);
    }
}
