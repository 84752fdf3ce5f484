package dev.halfrate.processor.config;

/**
 * What is done about the vendor's cache of prompts.
 *
 * @param mark whether what several requests of a batch begin with is marked to be cached
 * @param primersFrom of how many requests of a batch that begin alike one is sent alone before the others; 0 for never
 */
public record CacheConfig(Mark mark, int primersFrom) {
    public static final CacheConfig NONE = new CacheConfig(Mark.NONE, 0);

    /** With fewer, what is left in the batch may be too few to be marked. */
    private static final int PRIMERS_FROM_MIN = 4;

    public CacheConfig {
        Check.that(
                primersFrom == 0 || (primersFrom >= PRIMERS_FROM_MIN && primersFrom <= 100_000),
                "accounts.prompt-cache.primers-from",
                "0, or 4..100000",
                primersFrom);
    }

    /** For how long. */
    public enum Mark {
        NONE,
        FIVE_MINUTES,
        HOUR
    }
}
