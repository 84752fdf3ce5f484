package dev.halfrate.processor.lane;

/**
 * Who owns which id: an open-addressing table over arrays of primitives, 28 bytes for a slot, because millions
 * of ids must fit and an object each would cost four times that.
 *
 * <p>Linear probing; removal closes the gap it leaves, so there are no tombstones and no clean-up. The table
 * never shrinks.
 */
final class IdTable {
    /** Nobody owns the id. */
    static final int NOBODY = 0;

    private static final int WORDS = 3;

    private long[] words;
    private int[] owners;
    private int size;

    IdTable() {
        owners = new int[1 << 10];
        words = new long[owners.length * WORDS];
    }

    int size() {
        return size;
    }

    int owner(Id id) {
        return owners[slot(id)];
    }

    /** @return the content it was put with; meaningless if nobody owns the id */
    long content(Id id) {
        return words[slot(id) * WORDS + 2];
    }

    /** Makes {@code owner}, not {@link #NOBODY}, the id's owner, and its content the one known. */
    void put(Id id, int owner) {
        var slot = slot(id);
        if (owners[slot] == NOBODY && ++size > owners.length / 4 * 3) {
            grow();
            slot = slot(id);
        }
        write(slot, id.high(), id.low(), id.content(), owner);
    }

    void remove(Id id) {
        var gap = slot(id);
        if (owners[gap] == NOBODY) {
            return;
        }
        size--;
        for (var next = after(gap); owners[next] != NOBODY; next = after(next)) {
            // An entry may fill the gap unless its home lies behind the gap.
            var home = home(words[next * WORDS]);
            if (distance(home, next) >= distance(gap, next)) {
                write(gap, words[next * WORDS], words[next * WORDS + 1], words[next * WORDS + 2], owners[next]);
                gap = next;
            }
        }
        owners[gap] = NOBODY;
    }

    private void grow() {
        var oldWords = words;
        var oldOwners = owners;
        owners = new int[Math.multiplyExact(oldOwners.length, 2)];
        words = new long[Math.multiplyExact(owners.length, WORDS)];
        for (var old = 0; old < oldOwners.length; old++) {
            if (oldOwners[old] != NOBODY) {
                var high = oldWords[old * WORDS];
                var low = oldWords[old * WORDS + 1];
                write(slot(high, low), high, low, oldWords[old * WORDS + 2], oldOwners[old]);
            }
        }
    }

    private void write(int slot, long high, long low, long content, int owner) {
        words[slot * WORDS] = high;
        words[slot * WORDS + 1] = low;
        words[slot * WORDS + 2] = content;
        owners[slot] = owner;
    }

    private int slot(Id id) {
        return slot(id.high(), id.low());
    }

    /** @return where the id is, or else the free slot where it belongs */
    private int slot(long high, long low) {
        var slot = home(high);
        while (owners[slot] != NOBODY && (words[slot * WORDS] != high || words[slot * WORDS + 1] != low)) {
            slot = after(slot);
        }
        return slot;
    }

    /** Ids are hashes already, so their bits are as good as any. */
    private int home(long high) {
        return (int) high & (owners.length - 1);
    }

    private int after(int slot) {
        return (slot + 1) & (owners.length - 1);
    }

    private int distance(int from, int to) {
        return (to - from) & (owners.length - 1);
    }
}
