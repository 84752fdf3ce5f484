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
 * @param itemRetryDelays how long a request waits after its first, second, … failure before it may be sealed again; the
 *     last one repeats
 * @param missingRetriesMax how often a request is tried again that none of its batch's result files had
 * @param onVendorCancel what becomes of requests not executed because somebody cancelled the batch at the vendor: return
 *     or cancel
 * @param retryDelayMax longest back-off after a refusal or outage
 * @param probeInterval how often a paused account is tried
 * @param stopWait how long a revoked partition waits for a create in flight
 * @param hedgeMargin how long before its deadline a request of mode auto is sent alone whose batch is still on its way
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
        List<Duration> itemRetryDelays,
        int missingRetriesMax,
        String onVendorCancel,
        Duration retryDelayMax,
        Duration probeInterval,
        Duration stopWait,
        Duration hedgeMargin,
        long spoolBytesMax) {

    public LedgerConfig {
        checkDelays("ledger.poll-delays", pollDelays, Duration.ofMillis(50), Duration.ofHours(6));
        Check.that(pollJitter >= 0 && pollJitter <= 1, "ledger.poll-jitter", "0..1", pollJitter);
        Check.range("ledger.create-timeout", createTimeout, Duration.ofMillis(100), Duration.ofMinutes(30));
        Check.range("ledger.quiesce-margin", quiesceMargin, Duration.ofMillis(100), Duration.ofHours(1));
        Check.range("ledger.listings-apart", listingsApart, Duration.ofMillis(100), Duration.ofHours(1));
        Check.range("ledger.running-max", runningMax, Duration.ofMinutes(1), Duration.ofDays(30));
        Check.range("ledger.sweep-every", sweepEvery, Duration.ofSeconds(1), Duration.ofDays(1));
        Check.range("ledger.doubts-max", doubtsMax, 1, 10);
        Check.range("ledger.item-attempts-max", itemAttemptsMax, 1, 20);
        checkDelays("ledger.item-retry-delays", itemRetryDelays, Duration.ZERO, Duration.ofDays(1));
        Check.range("ledger.missing-retries-max", missingRetriesMax, 0, 20);
        Check.that(
                onVendorCancel.equals("return") || onVendorCancel.equals("cancel"),
                "ledger.on-vendor-cancel",
                "one of: return, cancel",
                "'" + onVendorCancel + "'");
        Check.range("ledger.retry-delay-max", retryDelayMax, Duration.ofMillis(100), Duration.ofHours(1));
        Check.range("ledger.probe-interval", probeInterval, Duration.ofMillis(100), Duration.ofMinutes(15));
        Check.range("ledger.stop-wait", stopWait, Duration.ZERO, Duration.ofMinutes(2));
        Check.range("ledger.hedge-margin", hedgeMargin, Duration.ZERO, Duration.ofDays(1));
        Check.range("ledger.spool-bytes-max", spoolBytesMax, 1_000_000, 1L << 50);
        pollDelays = List.copyOf(pollDelays);
        itemRetryDelays = List.copyOf(itemRetryDelays);
    }

    private static void checkDelays(String key, List<Duration> delays, Duration min, Duration max) {
        Check.that(!delays.isEmpty(), key, "a list of at least one duration", "none");
        for (var delay : delays) {
            Check.range(key, delay, min, max);
        }
    }
}
