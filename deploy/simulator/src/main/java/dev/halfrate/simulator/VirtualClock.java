package dev.halfrate.simulator;

import java.time.Instant;

/** The simulator's time, which only ever moves forward. Safe for use by many threads. */
@FunctionalInterface
public interface VirtualClock {

    Instant now();

    /** A clock that leaves {@code start} now and runs {@code speed} virtual seconds per real second. */
    static VirtualClock startingAt(Instant start, double speed) {
        long origin = System.nanoTime();
        return () -> start.plusNanos((long) ((System.nanoTime() - origin) * speed));
    }
}
