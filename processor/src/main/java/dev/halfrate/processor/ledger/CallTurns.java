package dev.halfrate.processor.ledger;

import dev.halfrate.processor.call.CallPace;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.Refusal;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The turns of an account's requests that are sent alone: as many at once as its vendor likes, and none for a while after
 * it has refused some. Who waits here ends by interruption.
 */
final class CallTurns {
    private static final Logger LOG = LoggerFactory.getLogger(CallTurns.class);

    /** What is called together is written ahead together, so it is worth waiting a little for company. */
    private static final Duration LINGER = Duration.ofMillis(50);

    private final String account;
    private final Duration timeout;
    private final Duration probeInterval;
    private final ActorClock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private CallPace pace;
    private int taken;

    /**
     * @param callsMax at once
     * @param timeout of one call
     * @param probeInterval how often an account is tried whose key or credit is refused
     */
    CallTurns(
            String account,
            int callsMax,
            Duration timeout,
            Duration probeInterval,
            ActorClock clock,
            MeterRegistry meters) {
        this.account = account;
        this.timeout = timeout;
        this.probeInterval = probeInterval;
        this.clock = clock;
        this.pace = CallPace.fresh(callsMax, clock.nanos());
        Gauge.builder("halfrate.calls", this::taken)
                .description("Requests of the account that are being sent alone")
                .tag("account", account)
                .register(meters);
        Gauge.builder("halfrate.calls.limit", this::limit)
                .description("How many at once the account's vendor seems to like")
                .tag("account", account)
                .register(meters);
    }

    /** @return until the whole answer of a call is there */
    Duration timeout() {
        return timeout;
    }

    private int taken() {
        lock.lock();
        try {
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private double limit() {
        lock.lock();
        try {
            return pace.limit();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until at least one call may begin.
     *
     * @return how many may, at most {@code wanted}; each of them has to be given back
     */
    int take(int wanted) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                while (free() == 0) {
                    changed.await(Math.max(pace.waitNanos(clock.nanos()), LINGER.toNanos()), TimeUnit.NANOSECONDS);
                }
                var until = clock.nanos() + LINGER.toNanos();
                for (var left = LINGER.toNanos(); free() < wanted && left > 0; left = until - clock.nanos()) {
                    changed.await(left, TimeUnit.NANOSECONDS);
                }
                var turns = Math.min(free(), wanted);
                if (turns > 0) {
                    taken += turns;
                    return turns;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private int free() {
        return pace.free(taken, clock.nanos());
    }

    /** Gives back turns that nothing was sent in. */
    void give(int turns) {
        lock.lock();
        try {
            taken -= turns;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Gives back a turn, and learns from how its call ended. */
    void ended(CallOutcome outcome, long begunNanos) {
        lock.lock();
        try {
            taken--;
            var now = clock.nanos();
            var before = pace;
            pace = switch (outcome) {
                case CallOutcome.Answered _, CallOutcome.TooLong _ -> pace.answered(begunNanos, now);
                case CallOutcome.Refused(var refusal, var _) -> pace.inVain(wish(refusal), begunNanos, now, random());
                case CallOutcome.NoAnswer _ -> pace.inVain(null, begunNanos, now, random());
            };
            tell(before, outcome);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void tell(CallPace before, CallOutcome outcome) {
        if (before.vain() == 0 && pace.vain() > 0) {
            var why = outcome instanceof CallOutcome.Refused(var refusal, var _) ? refusal.message() : "no answer";
            LOG.warn("account {}: calls are fewer, or wait ({})", account, why);
        } else if (before.vain() > 0 && pace.vain() == 0) {
            LOG.info("account {}: calls go on", account);
        }
    }

    /** What only a person can change is not asked for again at once. */
    private @Nullable Duration wish(Refusal refusal) {
        return switch (refusal.kind()) {
            case KEY, CREDIT, NOT_FOUND -> probeInterval;
            case RATE, QUEUE_FULL, TOO_LARGE, BAD_REQUEST, UNAVAILABLE -> refusal.retryAfter();
        };
    }

    private static double random() {
        return ThreadLocalRandom.current().nextDouble();
    }
}
