package dev.halfrate.processor.ledger;

/**
 * How much of the heap is given to what can be large: everything else has to fit beside it, whatever the heap is.
 *
 * @param heapBytes of the whole process
 */
record HeapShares(long heapBytes) {
    /** An item of a manifest, as {@link BodyReader} and {@link Spool} hold it. */
    private static final int SPOOLED_ITEM_BYTES = 600;

    /** The same without the places of its body and its line. */
    private static final int COLLECTED_ITEM_BYTES = 400;

    private static final int MANIFESTS_SHARE = 8;
    private static final int CALLS_SHARE = 16;
    private static final int LETTER_SHARE = 64;
    private static final int LETTER_BYTES_MIN = 512 * 1024;

    /** More in one transaction is no faster. */
    private static final int LETTER_BYTES_MAX = 8 * 1024 * 1024;

    static HeapShares ofThisProcess() {
        return new HeapShares(Runtime.getRuntime().maxMemory());
    }

    /** @return items of all manifests that are spooled or reported from at a time */
    int spooledItems() {
        return items(SPOOLED_ITEM_BYTES);
    }

    /** @return items of all batches that are collected at a time */
    int collectedItems() {
        return items(COLLECTED_ITEM_BYTES);
    }

    private int items(int itemBytes) {
        return Math.clamp(heapBytes / MANIFESTS_SHARE / itemBytes, 1, Integer.MAX_VALUE);
    }

    /** @return kilobytes of the bodies of requests that are sent alone at a time */
    int callKilobytes() {
        return Math.clamp(heapBytes / CALLS_SHARE / 1024, 1, Integer.MAX_VALUE);
    }

    /** @return result lines of one transaction; a few of them per batch that is collected */
    int letterBytes() {
        return Math.clamp(heapBytes / LETTER_SHARE, LETTER_BYTES_MIN, LETTER_BYTES_MAX);
    }
}
