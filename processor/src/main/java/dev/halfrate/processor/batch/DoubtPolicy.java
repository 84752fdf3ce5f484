package dev.halfrate.processor.batch;

/** What is done about a create of which the quiet time and two clean listings left no trace. */
public enum DoubtPolicy {
    /** Its input is deleted first, so that it cannot come late. */
    RESUBMIT_IF_REVOKED,
    /** Tried again as long as few enough lines could be bought twice. */
    RESUBMIT_AFTER_QUIESCE,
    /** An operator decides. */
    HOLD
}
