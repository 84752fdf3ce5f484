package dev.halfrate.processor.lane;

import java.time.Duration;

/**
 * What closes a lane's window, and how much of it may be under way.
 *
 * @param requestsMax requests of a batch
 * @param bytesMax encoded upstream bytes of a batch; only a single request larger than that goes beyond, alone
 * @param tokensMax estimated input tokens of a batch, likewise
 * @param ageMax how long the oldest request of an open window waits
 * @param requestsMin with fewer, a window is not closed by its age, or those of its requests that may leave it do
 * @param leaves whether those may then
 * @param belowMinAgeMax how long the oldest request waits where they may not
 * @param batchesInFlightMax sealed, unsettled batches; 0 lets everything wait
 */
public record LaneLimits(
        int requestsMax,
        long bytesMax,
        long tokensMax,
        Duration ageMax,
        int requestsMin,
        boolean leaves,
        Duration belowMinAgeMax,
        int batchesInFlightMax) {

    /** With any number of tokens, and of requests that are not too many. */
    public LaneLimits(int requestsMax, long bytesMax, Duration ageMax, int batchesInFlightMax) {
        this(requestsMax, bytesMax, Long.MAX_VALUE, ageMax, 1, false, ageMax, batchesInFlightMax);
    }
}
