package dev.halfrate.processor.config;

/**
 * What is done about the vendor's cache of prompts.
 *
 * @param mark whether system prompts that several requests of a batch share are marked to be cached
 */
public record CacheConfig(Mark mark) {
    public static final CacheConfig NONE = new CacheConfig(Mark.NONE);

    /** For how long. */
    public enum Mark {
        NONE,
        FIVE_MINUTES,
        HOUR
    }
}
