package dev.halfrate.processor.callback;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When an event is told again, and when no more.
 *
 * @param retryFor counted from the event, so that neither restarts nor a long queue prolong it
 */
record RetryRules(Duration retryFor, RandomGenerator random) {
    static final Duration DELAY_MIN = Duration.ofSeconds(5);
    static final Duration DELAY_MAX = Duration.ofHours(1);

    /** An event that was late already when it was read is not given up for one bad moment. */
    static final int TRIES_MIN = 5;

    private static final double JITTER = 0.2;
    private static final int DOUBLINGS_MAX = 20;

    /**
     * @param tries so far
     * @return twice the one before, up to an hour, less up to a fifth
     */
    Duration delay(int tries, @Nullable Duration retryAfter) {
        var doubled = DELAY_MIN.multipliedBy(1L << Math.min(tries - 1, DOUBLINGS_MAX));
        var own = jittered(min(doubled, DELAY_MAX));
        // A wish for less changes nothing.
        return retryAfter == null || retryAfter.compareTo(own) < 0 ? own : min(retryAfter, DELAY_MAX);
    }

    private Duration jittered(Duration delay) {
        return delay.minusMillis(Math.round(delay.toMillis() * JITTER * random.nextDouble()));
    }

    boolean isOver(Event event, int tries, Instant now) {
        return tries >= TRIES_MIN && !now.isBefore(event.at().plus(retryFor));
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
