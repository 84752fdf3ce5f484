package dev.halfrate.processor.call;

import dev.halfrate.processor.money.Usage;
import java.time.Duration;

/**
 * How far a file of requests is, earlier runs included.
 *
 * @param requests of the file
 * @param earlier of these, the ones that had a result when this run began
 * @param sentAgain how often this run sent a request once more
 * @param exposure calls without an answer: each may have been paid for, in vain or a second time
 * @param usage of all results
 * @param underWay calls at this moment
 * @param callsMax how many there may be, as the vendor's answers have it
 * @param elapsed of this run
 */
public record CallCounts(
        long requests,
        long succeeded,
        long failed,
        long earlier,
        long sentAgain,
        long exposure,
        Usage usage,
        int underWay,
        int callsMax,
        Duration elapsed) {

    /** @return requests without a result */
    public long left() {
        return requests - succeeded - failed;
    }
}
