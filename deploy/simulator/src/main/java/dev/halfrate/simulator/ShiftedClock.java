package dev.halfrate.simulator;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;

/** Another clock, which may be put forward. */
final class ShiftedClock implements VirtualClock {

    private final VirtualClock clock;
    private final AtomicReference<Duration> shift = new AtomicReference<>(Duration.ZERO);

    ShiftedClock(VirtualClock clock) {
        this.clock = clock;
    }

    @Override
    public Instant now() {
        return clock.now().plus(shift.get());
    }

    void advance(Duration duration) {
        shift.accumulateAndGet(duration, Duration::plus);
    }
}
