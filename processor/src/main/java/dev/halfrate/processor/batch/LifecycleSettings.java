package dev.halfrate.processor.batch;

import java.time.Duration;
import java.util.List;

/**
 * The limits and waits of a batch's life.
 *
 * @param createTimeout how long after it was committed a byte of a create may leave
 * @param quiesceMargin what is waited beyond that, from a listing made at once after a doubt or a take-over to the first
 *     one that counts as clean
 * @param runningMax how long a remote batch may run before it is cancelled, and what it has not executed tried again
 * @param listingsApart between the clean listings, and from the deletion to the last one; longer than a vendor may leave
 *     a new batch out of them
 * @param missingRetriesMax how often a request is tried again because none of the result files had it
 * @param cancelledReturns whether what the vendor did not execute, because somebody cancelled the batch there, goes back
 *     to its lane
 * @param hedgeMargin how long before its deadline an item is called whose batch is on its way
 */
public record LifecycleSettings(
        List<Duration> pollDelays,
        Duration createTimeout,
        Duration quiesceMargin,
        Duration listingsApart,
        Duration runningMax,
        int doubtsMax,
        int itemAttemptsMax,
        int missingRetriesMax,
        boolean cancelledReturns,
        Duration retryDelayMax,
        Duration hedgeMargin) {

    /** Listings without a trace that prove a create absent. */
    static final int CLEAN_LISTINGS = 2;

    /** Refused attempts of one batch before its items fail. */
    static final int ATTEMPTS_MAX = 20;

    /** Of this many polls in a row one is not answered by what others have had. */
    static final int POLLS_ALONE_EVERY = 4;

    /** Polls of a remote batch that has ended, executed lines, and names no file to fetch them from. */
    static final int POLLS_WITHOUT_HANDLES_MAX = 10;

    /** Parts of one window; a part that is refused beyond that fails its items. Enough to find two bad lines in 100,000. */
    static final int PARTS_MAX = 72;

    /** Listings in a row that cannot be had before a doubt becomes a hold. */
    static final int LISTINGS_FAILED_MAX = 20;

    /** Times that result files are read to their ends before what they lack counts as missing, and is bought again. */
    static final int FULL_READS_MAX = 3;

    /** Reads of result files in a row that break off before they become a hold. */
    static final int READS_BROKEN_OFF_MAX = 20;

    public LifecycleSettings {
        pollDelays = List.copyOf(pollDelays);
    }

    /** The attempt may be of an owner that allowed itself more. */
    Duration quietTime(Attempt attempt) {
        var theirs = attempt.createTimeout();
        return (theirs.compareTo(createTimeout) > 0 ? theirs : createTimeout).plus(quiesceMargin);
    }

    Duration pollDelay(int polls) {
        return pollDelays.get(Math.min(polls, pollDelays.size() - 1));
    }

    /** Doubles from a second. */
    Duration retryDelay(int failures) {
        var delay = Duration.ofSeconds(1L << Math.min(Math.max(failures - 1, 0), 20));
        return delay.compareTo(retryDelayMax) < 0 ? delay : retryDelayMax;
    }
}
