package dev.halfrate.processor.ledger;

import java.util.concurrent.Semaphore;

/** Room for manifests in memory, of all partitions together: a few, and so many items. One that is larger is there alone. */
final class ManifestRoom {
    /** At a time, however small they are. */
    static final int MANIFESTS_MAX = 4;

    private final int items;
    private final Semaphore free;

    ManifestRoom(int items) {
        this.items = items;
        this.free = new Semaphore(items, true);
    }

    /**
     * Waits for room, first come first served.
     *
     * @return what is to be handed to {@link #leave}
     */
    int enter(int manifestItems) throws InterruptedException {
        var taken = Math.clamp(manifestItems, Math.max(1, items / MANIFESTS_MAX), items);
        free.acquire(taken);
        return taken;
    }

    void leave(int taken) {
        free.release(taken);
    }

    boolean isEmpty() {
        return free.availablePermits() == items;
    }
}
