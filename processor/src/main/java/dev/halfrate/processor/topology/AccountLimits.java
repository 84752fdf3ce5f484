package dev.halfrate.processor.topology;

import dev.halfrate.processor.config.BelowMin;
import dev.halfrate.processor.config.LanesConfig;
import dev.halfrate.processor.config.LimitsConfig;
import dev.halfrate.processor.lane.LaneLimits;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.LaneId;
import java.time.Duration;

/**
 * What a lane has to know about its account.
 *
 * @param provider for results
 * @param requestsMax, bytesMax of one batch, as the vendor takes it
 * @param onePartition whether all of the account's batches share one work partition, because an attempt whose
 *     create got no answer can be told apart only where there is one at a time
 * @param primes whether some of the requests of a batch may be sent alone before the others
 * @param configured what an operator has said of the vendor's limits
 */
public record AccountLimits(
        String provider,
        int requestsMax,
        long bytesMax,
        boolean onePartition,
        boolean primes,
        LimitsConfig configured) {

    /** Of an account that the configuration does not name any more: its requests wait, and expire if it never comes back. */
    static final AccountLimits UNKNOWN = new AccountLimits("", 0, 0, false);

    /** Of an account of which nothing is configured. */
    public AccountLimits(String provider, int requestsMax, long bytesMax, boolean onePartition) {
        this(provider, requestsMax, bytesMax, onePartition, false, LimitsConfig.VENDORS);
    }

    /** Requests of a batch whose requests are sent one by one: so few that it settles soon, so many that it is no burden. */
    static final int AT_ONCE_MAX = 500;

    LaneLimits within(LanesConfig lanes, LaneId lane) {
        return equals(UNKNOWN)
                ? new LaneLimits(1, 1, Duration.ZERO, 0)
                : AtOnce.is(lane) ? atOnce(lanes) : within(lanes);
    }

    /** Nothing is gained by waiting, but for a batch before that is not over. */
    private LaneLimits atOnce(LanesConfig lanes) {
        return new LaneLimits(
                Math.min(AT_ONCE_MAX, lanes.requestsMax()),
                lanes.bytesMax(),
                Duration.ZERO,
                lanes.batchesInFlightMax());
    }

    private LaneLimits within(LanesConfig lanes) {
        return new LaneLimits(
                Math.min(requestsMax, lanes.requestsMax()),
                Math.min(bytesMax, lanes.bytesMax()),
                lanes.tokensMax() == 0 ? Long.MAX_VALUE : lanes.tokensMax(),
                lanes.ageMax(),
                lanes.requestsMin(),
                lanes.belowMin() == BelowMin.SYNC,
                lanes.belowMinAgeMax(),
                lanes.batchesInFlightMax());
    }
}
