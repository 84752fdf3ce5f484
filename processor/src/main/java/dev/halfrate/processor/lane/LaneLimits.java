package dev.halfrate.processor.lane;

import java.time.Duration;

/**
 * What closes a lane's window, and how much of it may be under way.
 *
 * @param requestsMax requests of a batch
 * @param bytesMax encoded upstream bytes of a batch; only a single request larger than that goes beyond, alone
 * @param tokensMax estimated input tokens of a batch, likewise
 * @param ageMax how long the oldest request of an open window waits
 * @param batchesInFlightMax sealed, unsettled batches; 0 lets everything wait
 */
public record LaneLimits(int requestsMax, long bytesMax, long tokensMax, Duration ageMax, int batchesInFlightMax) {
    /** With any number of tokens. */
    public LaneLimits(int requestsMax, long bytesMax, Duration ageMax, int batchesInFlightMax) {
        this(requestsMax, bytesMax, Long.MAX_VALUE, ageMax, batchesInFlightMax);
    }
}
