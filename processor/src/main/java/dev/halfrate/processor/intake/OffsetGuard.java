package dev.halfrate.processor.intake;

/** Decides about partitions of the requests topics that have no offset, or one that points to nothing. */
@FunctionalInterface
public interface OffsetGuard {
    /**
     * Returns when every partition has an offset to begin from: a new one its beginning.
     *
     * @throws RuntimeException saying what happened, if to read on would buy again or lose requests
     */
    void check() throws InterruptedException;
}
