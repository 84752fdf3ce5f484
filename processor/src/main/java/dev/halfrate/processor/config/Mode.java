package dev.halfrate.processor.config;

/** How a request gets to its vendor. */
public enum Mode {
    /** In a batch, at half the price, however long that takes. */
    BATCH,
    /** Alone, at once, at the full price. */
    SYNC,
    /** In a batch as long as that can meet its deadline, else alone. */
    AUTO
}
