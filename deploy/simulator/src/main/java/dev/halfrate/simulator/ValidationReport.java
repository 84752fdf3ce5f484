package dev.halfrate.simulator;

/** How many of a file's mistakes a failed batch reports; the vendor was seen to do either. */
public enum ValidationReport {
    /** One error per bad line, up to {@link InputValidation#ERRORS_MAX}. */
    EVERY_LINE,
    /** Validation stops at the first bad line. */
    FIRST_LINE
}
