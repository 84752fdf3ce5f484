package dev.halfrate.processor.lane;

import java.security.SecureRandom;

/**
 * Who owns which id: open addressing over arrays of primitives, 30 to 38 bytes for an id, because millions of ids must fit and
 * an object each would cost four times that.
 *
 * <p>Of an id 96 bits are kept, 32 of them mixed with a secret of the process, so that nobody can look for two ids that
 * agree in them. It is cut into {@value #SEGMENTS} tables that grow alone and by little, so that growth takes neither much
 * time at once nor twice the memory. Linear probing; removal closes the gap it leaves, so there are no
 * tombstones and no clean-up. A table never shrinks.
 */
final class IdTable {
    /** Nobody owns the id. */
    static final int NOBODY = 0;

    private static final int SEGMENT_BITS = 6;
    private static final int SEGMENTS = 1 << SEGMENT_BITS;

    private static final long SECRET = new SecureRandom().nextLong() | 1;

    private final Segment[] segments = new Segment[SEGMENTS];
    private int size;

    IdTable() {
        for (var i = 0; i < SEGMENTS; i++) {
            segments[i] = new Segment();
        }
    }

    int size() {
        return size;
    }

    int owner(Id id) {
        return segment(id).owner(id);
    }

    /** @return the content it was put with; meaningless if nobody owns the id */
    long content(Id id) {
        return segment(id).content(id);
    }

    /** Makes {@code owner}, not {@link #NOBODY}, the id's owner, and its content the one known. */
    void put(Id id, int owner) {
        if (segment(id).put(id, owner)) {
            size++;
        }
    }

    void remove(Id id) {
        if (segment(id).remove(id)) {
            size--;
        }
    }

    /** Ids are hashes already, so their bits are as good as any. */
    private Segment segment(Id id) {
        return segments[(int) (id.high() >>> (Long.SIZE - SEGMENT_BITS))];
    }

    /** The ids that begin alike. */
    private static final class Segment {
        /** Of a slot: the id's first half; 32 bits made of the second and the owner; the content. */
        private static final int WORDS = 3;

        private static final int SLOTS_MIN = 16;

        private long[] words = new long[SLOTS_MIN * WORDS];
        private int slots = SLOTS_MIN;
        private int size;

        int owner(Id id) {
            return owner(slot(id.high(), mixed(id)));
        }

        long content(Id id) {
            return words[slot(id.high(), mixed(id)) * WORDS + 2];
        }

        /** @return whether nobody owned it before */
        boolean put(Id id, int owner) {
            var mixed = mixed(id);
            var slot = slot(id.high(), mixed);
            var added = owner(slot) == NOBODY;
            if (added && ++size > slots - slots / 5) {
                grow();
                slot = slot(id.high(), mixed);
            }
            words[slot * WORDS] = id.high();
            words[slot * WORDS + 1] = ((long) mixed << Integer.SIZE) | (owner & 0xFFFF_FFFFL);
            words[slot * WORDS + 2] = id.content();
            return added;
        }

        /** @return whether somebody owned it */
        boolean remove(Id id) {
            var gap = slot(id.high(), mixed(id));
            if (owner(gap) == NOBODY) {
                return false;
            }
            size--;
            for (var next = after(gap); owner(next) != NOBODY; next = after(next)) {
                // An entry may fill the gap unless its home lies behind the gap.
                if (distance(home(words[next * WORDS]), next) >= distance(gap, next)) {
                    System.arraycopy(words, next * WORDS, words, gap * WORDS, WORDS);
                    gap = next;
                }
            }
            words[gap * WORDS + 1] = NOBODY;
            return true;
        }

        private void grow() {
            var old = words;
            slots = slots + slots / 4;
            words = new long[Math.multiplyExact(slots, WORDS)];
            for (var at = 0; at < old.length; at += WORDS) {
                if ((int) old[at + 1] != NOBODY) {
                    System.arraycopy(
                            old, at, words, slot(old[at], (int) (old[at + 1] >>> Integer.SIZE)) * WORDS, WORDS);
                }
            }
        }

        /** @return where the id is, or else the free slot where it belongs */
        private int slot(long high, int mixed) {
            var slot = home(high);
            while (owner(slot) != NOBODY
                    && (words[slot * WORDS] != high || (int) (words[slot * WORDS + 1] >>> Integer.SIZE) != mixed)) {
                slot = after(slot);
            }
            return slot;
        }

        private static int mixed(Id id) {
            return (int) ((id.low() * SECRET) >>> Integer.SIZE);
        }

        private int owner(int slot) {
            return (int) words[slot * WORDS + 1];
        }

        private int home(long high) {
            return (int) (((high & 0xFFFF_FFFFL) * slots) >>> Integer.SIZE);
        }

        private int after(int slot) {
            return slot + 1 == slots ? 0 : slot + 1;
        }

        private int distance(int from, int to) {
            return to >= from ? to - from : to - from + slots;
        }
    }
}
