package dev.halfrate.processor.config;

/** What becomes of a window that has too few requests when it is old enough. */
public enum BelowMin {
    /** It waits for more. */
    WAIT,
    /** Its requests of mode auto are sent alone; a batch of the others is made. */
    SYNC
}
