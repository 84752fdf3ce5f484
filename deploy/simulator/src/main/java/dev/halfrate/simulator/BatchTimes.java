package dev.halfrate.simulator;

import java.time.Duration;

/**
 * How long the stages of a batch take, in virtual time.
 *
 * @param executionMin lower bound of the time a batch is in progress; each batch draws its own
 * @param executionMax upper bound; a batch that would run past its completion window expires
 */
public record BatchTimes(
        Duration validation, Duration executionMin, Duration executionMax, Duration finalizing, Duration cancelling) {

    private static final Duration COMPLETION_WINDOW = Duration.ofHours(24);
    private static final Duration CANCELLING_MAX = Duration.ofMinutes(10);

    public BatchTimes {
        require(
                !validation.isNegative() && validation.compareTo(COMPLETION_WINDOW) < 0,
                "validation must be 0s..24h",
                validation);
        require(!executionMin.isNegative(), "execution-min must be >= 0s", executionMin);
        require(executionMax.compareTo(executionMin) >= 0, "execution-max must be >= execution-min", executionMax);
        require(!finalizing.isNegative(), "finalizing must be >= 0s", finalizing);
        require(
                !cancelling.isNegative() && cancelling.compareTo(CANCELLING_MAX) <= 0,
                "cancelling must be 0s..10m",
                cancelling);
    }

    public static BatchTimes defaults() {
        return new BatchTimes(
                Duration.ofSeconds(20),
                Duration.ofMinutes(2),
                Duration.ofMinutes(20),
                Duration.ofSeconds(20),
                Duration.ofMinutes(1));
    }

    private static void require(boolean held, String rule, Duration got) {
        if (!held) {
            throw new IllegalArgumentException("simulator.batch-times." + rule + ", got " + got);
        }
    }
}
