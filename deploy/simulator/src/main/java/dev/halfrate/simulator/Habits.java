package dev.halfrate.simulator;

import java.util.Objects;

/**
 * Where vendors differ, or nobody knows what they do.
 *
 * @param newBatchesHiddenSeconds virtual time for which lists leave a new batch out
 * @param deletedInput what becomes of a create whose input file was deleted before it
 * @param linesFailed share (0..1) of lines answered 500, 503 or 529; the same content may succeed in another batch
 * @param slowdown how many times as long as otherwise batches execute that are validated from now on
 * @param callsFailed share (0..1) of synchronous calls answered like that
 * @param callMs real time that a synchronous call takes
 * @param cancelLoses lines of a cancelled batch that were executed and billed, and are in neither of its files
 * @param countsProgress whether the counts of a message batch change before it ends
 * @param ranges whether a part of a file may be had
 * @param answerBytesMin how long the text of an answer is at least, as far as its tokens go
 * @param oddOutputs share (0..1) of tries that answer in prose though JSON was asked for
 * @param idempotencyKeys whether gateways know a create again by its Idempotency-Key
 */
record Habits(
        int newBatchesHiddenSeconds,
        DeletedInput deletedInput,
        double linesFailed,
        int slowdown,
        double callsFailed,
        int callMs,
        int cancelLoses,
        boolean countsProgress,
        boolean ranges,
        int answerBytesMin,
        double oddOutputs,
        boolean idempotencyKeys) {

    private static final int HIDDEN_SECONDS_MAX = 86_400;
    private static final int SLOWDOWN_MAX = 1_000;
    private static final int LINES_MAX = 100_000;
    private static final int CALL_MS_MAX = 600_000;
    private static final int ANSWER_BYTES_MAX = 16 << 20;

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
        requireWithin("new_batches_hidden_seconds", newBatchesHiddenSeconds, 0, HIDDEN_SECONDS_MAX);
        requireShare("lines_failed", linesFailed);
        requireWithin("slowdown", slowdown, 1, SLOWDOWN_MAX);
        requireShare("calls_failed", callsFailed);
        requireWithin("call_ms", callMs, 0, CALL_MS_MAX);
        requireWithin("cancel_loses", cancelLoses, 0, LINES_MAX);
        requireWithin("answer_bytes_min", answerBytesMin, 0, ANSWER_BYTES_MAX);
        requireShare("odd_outputs", oddOutputs);
    }

    static Habits of(SimulatorConfig config) {
        return new Habits(
                0, DeletedInput.FAILED, config.lineErrorRates().failed(), 1, 0, 0, 0, false, true, 0, 0, false);
    }

    private static void requireWithin(String name, int got, int min, int max) {
        if (got < min || got > max) {
            throw new IllegalArgumentException("%s must be %d..%d".formatted(name, min, max));
        }
    }

    private static void requireShare(String name, double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException(name + " must be 0..1");
        }
    }
}
