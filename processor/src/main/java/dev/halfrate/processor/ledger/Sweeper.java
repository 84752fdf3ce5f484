package dev.halfrate.processor.ledger;

import dev.halfrate.processor.provider.SweepOutcome;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lists every account's remote batches from time to time: some may be ours that nobody waits for any more. */
final class Sweeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);

    /** Less than what the ledger remembers of settled batches, so that none of those is taken for unknown. */
    static final Duration BACK = Duration.ofDays(40);

    private static final Duration FIRST_AFTER_MAX = Duration.ofMinutes(1);

    /** Told of a listing of one account. */
    @FunctionalInterface
    interface Listener {
        void listed(String account, List<SweepOutcome.Listed> batches);
    }

    private final Map<String, AccountGate> gates;
    private final Duration every;
    private final InstantSource clock;
    private final Listener listener;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread = Thread.ofPlatform().name("ledger-sweeper").unstarted(this::run);

    Sweeper(Map<String, AccountGate> gates, Duration every, InstantSource clock, Listener listener) {
        this.gates = gates;
        this.every = every;
        this.clock = clock;
        this.listener = listener;
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            var wait = every.compareTo(FIRST_AFTER_MAX) < 0 ? every : FIRST_AFTER_MAX;
            while (!stop.await(wait.toNanos(), TimeUnit.NANOSECONDS)) {
                for (var account : gates.entrySet()) {
                    // A paused account must not keep the others from being searched.
                    if (account.getValue().open()) {
                        sweep(account.getKey(), account.getValue());
                    }
                }
                wait = every;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void sweep(String account, AccountGate gate) throws InterruptedException {
        try {
            switch (gate.callNow(provider -> provider.sweep(clock.instant().minus(BACK)))) {
                case SweepOutcome.Swept(var batches) -> listener.listed(account, batches);
                case SweepOutcome.CannotTell(var reason) ->
                    LOG.info("account {}: its remote batches cannot be listed ({})", account, reason);
            }
        } catch (RuntimeException e) {
            LOG.warn("account {}: the search for lost remote batches failed", account, e);
        }
    }

    @Override
    public void close() {
        stop.countDown();
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
