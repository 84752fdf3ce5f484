package dev.halfrate.trial.process;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for conditions, never for a time. */
public final class Waiting {
    /** Of a JVM on a busy machine. */
    public static final Duration START = Duration.ofSeconds(90);

    private static final Duration STEP = Duration.ofMillis(50);

    private Waiting() {}

    /**
     * @param condition also waits a little itself, or is cheap to ask
     * @param alive none of them may end meanwhile
     * @throws TrialException if it does not hold within {@code bound}
     */
    public static void until(String what, Duration bound, Callable<Boolean> condition, Jvm... alive)
            throws InterruptedException {
        var end = System.nanoTime() + bound.toNanos();
        while (!holds(what, condition)) {
            for (var jvm : alive) {
                if (!jvm.isAlive()) {
                    throw new TrialException("waited until %s, but a process ended with %d: see %s"
                            .formatted(what, jvm.exitCode(), jvm.output()));
                }
            }
            if (System.nanoTime() - end > 0) {
                throw new TrialException("waited %d s until %s".formatted(bound.toSeconds(), what));
            }
            Thread.sleep(STEP);
        }
    }

    private static boolean holds(String what, Callable<Boolean> condition) throws InterruptedException {
        try {
            return condition.call();
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new TrialException("while waiting until " + what + ": " + e, e);
        }
    }
}
