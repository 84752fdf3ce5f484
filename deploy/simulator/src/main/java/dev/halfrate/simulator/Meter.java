package dev.halfrate.simulator;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** Counts what is used within windows of virtual time, which begin with their first use. Safe for use by many threads. */
final class Meter {

    /**
     * How it stands after a use.
     *
     * @param taken whether there was enough left
     * @param reset how long until all of it is there again
     */
    record Standing(boolean taken, long limit, long remaining, Duration reset) {}

    private record Window(Instant startedAt, long used) {}

    private final VirtualClock clock;
    private final Map<String, Window> windows = new HashMap<>();

    Meter(VirtualClock clock) {
        this.clock = clock;
    }

    /** Takes {@code amount}, or nothing at all if that is more than is left. */
    synchronized Standing take(String of, long amount, long limit, Duration length) {
        Instant now = clock.now();
        Window window = windows.get(of);
        if (window == null || !now.isBefore(window.startedAt().plus(length))) {
            window = new Window(now, 0);
        }
        boolean taken = window.used() + amount <= limit;
        long used = window.used() + (taken ? amount : 0);
        windows.put(of, new Window(window.startedAt(), used));
        Duration reset = Duration.between(now, window.startedAt().plus(length));
        return new Standing(taken, limit, Math.max(0, limit - used), reset);
    }
}
