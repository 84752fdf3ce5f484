package dev.halfrate.processor.ledger;

import java.time.Instant;

/** The time as an actor sees it. */
public interface ActorClock {
    /** Wall clock, for what people and other hosts see. */
    Instant now();

    /** Monotonic, for waits. */
    long nanos();

    /** This machine's clocks. */
    static ActorClock system() {
        return new ActorClock() {
            @Override
            public Instant now() {
                return Instant.now();
            }

            @Override
            public long nanos() {
                return System.nanoTime();
            }
        };
    }
}
