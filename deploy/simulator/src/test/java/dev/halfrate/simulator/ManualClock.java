package dev.halfrate.simulator;

import java.time.Duration;
import java.time.Instant;

/** Time that passes when the test says so. */
final class ManualClock implements VirtualClock {

    static final Instant START = Instant.parse("2026-11-21T12:00:00Z");

    private volatile Instant now = START;

    @Override
    public Instant now() {
        return now;
    }

    void advance(Duration duration) {
        now = now.plus(duration);
    }
}
