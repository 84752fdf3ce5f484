package dev.halfrate.processor.simulation;

import java.time.Duration;
import java.util.List;

/** How bad the weather of a run is; over at some time, for good. */
final class Faults {
    /** Longest time that a request is under way to the vendor after its client has given up. */
    static final Duration LATENESS_MAX = Duration.ofHours(3);

    final Dice dice;
    private final double strength;
    private boolean over;

    Faults(Dice dice) {
        this.dice = dice;
        this.strength = dice.oneOf(List.of(0.2, 1.0, 1.0, 2.0));
    }

    boolean hit(double probability) {
        return !over && dice.chance(Math.min(0.9, probability * strength));
    }

    void stop() {
        over = true;
    }

    boolean over() {
        return over;
    }
}
