package dev.halfrate.processor.config;

import java.time.Duration;

/**
 * When a window closes, and what a lane may have under way.
 *
 * @param requestsMax requests of a batch
 * @param bytesMax encoded upstream bytes of a batch
 * @param tokensMax estimated input tokens of a batch; 0 for any number
 * @param ageMax how long the oldest request of an open window waits
 * @param requestsMin with fewer a window that is old enough is not worth a batch
 * @param belowMin what becomes of it then
 * @param belowMinAgeMax how long the oldest request of such a window waits
 * @param batchesInFlightMax sealed, unsettled batches of one lane; further windows wait and get fuller
 * @param duplicatesHorizon how long after success a repeated request is absorbed
 * @param duplicatesMax ids of ended requests that one inbox partition remembers; the oldest are forgotten first
 */
public record LanesConfig(
        int requestsMax,
        long bytesMax,
        long tokensMax,
        Duration ageMax,
        int requestsMin,
        BelowMin belowMin,
        Duration belowMinAgeMax,
        int batchesInFlightMax,
        Duration duplicatesHorizon,
        int duplicatesMax) {
    private static final Duration BELOW_MIN_AGE_MAX = Duration.ofHours(6);

    public LanesConfig {
        Check.range("lanes.requests-max", requestsMax, 1, 50_000);
        Check.range("lanes.bytes-max", bytesMax, 1_000, 256_000_000);
        Check.range("lanes.tokens-max", tokensMax, 0, 1_000_000_000_000L);
        Check.range("lanes.age-max", ageMax, Duration.ofMillis(100), Duration.ofDays(1));
        Check.range("lanes.requests-min", requestsMin, 1, requestsMax);
        Check.range("lanes.below-min-age-max", belowMinAgeMax, ageMax, Duration.ofDays(7));
        Check.range("lanes.batches-in-flight-max", batchesInFlightMax, 1, 10_000);
        Check.range("lanes.duplicates-horizon", duplicatesHorizon, Duration.ZERO, Duration.ofDays(30));
        Check.range("lanes.duplicates-max", duplicatesMax, 0, 50_000_000);
    }

    /** With any number of tokens, and any number of requests that is not too many. */
    public LanesConfig(
            int requestsMax,
            long bytesMax,
            Duration ageMax,
            int batchesInFlightMax,
            Duration duplicatesHorizon,
            int duplicatesMax) {
        this(
                requestsMax,
                bytesMax,
                0,
                ageMax,
                1,
                BelowMin.WAIT,
                BELOW_MIN_AGE_MAX.compareTo(ageMax) < 0 ? ageMax : BELOW_MIN_AGE_MAX,
                batchesInFlightMax,
                duplicatesHorizon,
                duplicatesMax);
    }
}
