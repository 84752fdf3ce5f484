package dev.halfrate.local;

import java.time.Duration;

/**
 * How far everything is at one moment, as the public topics tell it.
 *
 * @param total lines to be sent
 * @param read lines that the intake has committed
 * @param answeredAtOnce results without a batch, and dead letters
 * @param repeated lines known to be answered by another line's result
 * @param sealed requests that left their window in a batch, and did not return to one
 * @param spooled of these, the ones whose batch is written out and ready to send
 * @param submitted of these, the ones that the vendor has
 * @param executed of these, the ones that the vendor reports as done
 * @param collected of these, the ones with an end
 * @param published results of these on the results topic
 */
record Progress(
        Duration elapsed,
        long total,
        long sent,
        long read,
        long answeredAtOnce,
        long repeated,
        long sealed,
        long spooled,
        long submitted,
        long executed,
        long collected,
        long published,
        int batches,
        int batchesRunning,
        int batchesSettled,
        long succeeded,
        long notSucceeded,
        long deadLetters) {

    /** Requests that came into a window at all; the feeds are not in step, so the furthest one counts. */
    long windowed() {
        return Math.max(sealed, read - answeredAtOnce - repeated);
    }

    long waitingInWindows() {
        return windowed() - sealed;
    }

    long preparing() {
        return Math.max(0, sealed - submitted);
    }

    long runningAtVendor() {
        return Math.max(0, submitted - Math.max(collected, published));
    }

    /** Lines that need nothing any more. */
    long done() {
        return Math.min(total, published + answeredAtOnce + repeated);
    }

    /** @return whether anything but the time differs */
    boolean differsFrom(Progress other) {
        return !at(Duration.ZERO).equals(other.at(Duration.ZERO));
    }

    private Progress at(Duration elapsedThen) {
        return new Progress(
                elapsedThen,
                total,
                sent,
                read,
                answeredAtOnce,
                repeated,
                sealed,
                spooled,
                submitted,
                executed,
                collected,
                published,
                batches,
                batchesRunning,
                batchesSettled,
                succeeded,
                notSucceeded,
                deadLetters);
    }
}
