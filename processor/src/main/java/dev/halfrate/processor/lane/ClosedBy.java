package dev.halfrate.processor.lane;

/** What closed a window. */
public enum ClosedBy {
    COUNT,
    BYTES,
    TOKENS,
    FLUSH,
    AGE
}
