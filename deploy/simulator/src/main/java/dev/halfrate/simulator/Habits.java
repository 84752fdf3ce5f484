package dev.halfrate.simulator;

import java.util.Objects;

/**
 * Where vendors differ, or nobody knows what they do.
 *
 * @param newBatchesHiddenSeconds virtual time for which lists leave a new batch out
 * @param deletedInput what becomes of a create whose input file was deleted before it
 * @param linesFailed share (0..1) of lines answered 500 or 503; the same content may succeed in another batch
 * @param slowdown how many times as long as otherwise batches execute that are validated from now on
 */
record Habits(int newBatchesHiddenSeconds, DeletedInput deletedInput, double linesFailed, int slowdown) {

    private static final int HIDDEN_SECONDS_MAX = 86_400;
    private static final int SLOWDOWN_MAX = 1_000;

    enum DeletedInput {
        /** The create is answered with an error. */
        REFUSED,
        /** The batch is created, and fails when its input is validated. */
        FAILED,
        /** It is executed as if nobody had deleted anything. */
        CARRIED_OUT
    }

    Habits {
        Objects.requireNonNull(deletedInput, "deleted_input is needed");
        if (newBatchesHiddenSeconds < 0 || newBatchesHiddenSeconds > HIDDEN_SECONDS_MAX) {
            throw new IllegalArgumentException("new_batches_hidden_seconds must be 0.." + HIDDEN_SECONDS_MAX);
        }
        if (!(linesFailed >= 0 && linesFailed <= 1)) {
            throw new IllegalArgumentException("lines_failed must be 0..1");
        }
        if (slowdown < 1 || slowdown > SLOWDOWN_MAX) {
            throw new IllegalArgumentException("slowdown must be 1.." + SLOWDOWN_MAX);
        }
    }

    static Habits of(SimulatorConfig config) {
        return new Habits(0, DeletedInput.FAILED, config.lineErrorRates().failed(), 1);
    }

    /** The present ones, which may be changed while batches run. */
    static final class Present {

        private volatile Habits habits;

        Present(Habits habits) {
            this.habits = habits;
        }

        Habits get() {
            return habits;
        }

        void set(Habits changed) {
            habits = changed;
        }
    }
}
