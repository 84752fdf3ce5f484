package dev.halfrate.processor.doctor;

/** How well it is. */
public enum Grade {
    OK,
    /** It works, but not as well or as safely as it could. */
    WARN,
    /** A start will be refused, or requests will not be answered. */
    FAIL,
    /** It could not be looked into. */
    SKIPPED
}
