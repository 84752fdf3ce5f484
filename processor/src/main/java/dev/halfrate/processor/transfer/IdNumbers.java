package dev.halfrate.processor.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A number for each of many custom_ids, which it knows by 128 bits of their SHA-256: 24 bytes a slot, whatever their length. No
 * more than a part of the heap is taken. One thread.
 */
final class IdNumbers {
    /** No id's number. */
    static final long NONE = Long.MIN_VALUE;

    private static final int SLOT = 3;
    private static final int SLOTS_MIN = 1 << 10;

    /** While it grows, a table and one of half its size are there. */
    private static final int PART_OF_HEAP = 4;

    private final MessageDigest digest;
    private final int slotsMax;
    private long[] slots = new long[SLOTS_MIN * SLOT];
    private int size;

    // Of the id that was looked for last.
    private long high;
    private long low;

    IdNumbers() {
        this(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);
    }

    /** @param bytesMax of the table */
    IdNumbers(long bytesMax) {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        var slotsAtMost = Math.clamp(bytesMax / (SLOT * Long.BYTES), SLOTS_MIN, 1 << 28);
        slotsMax = Integer.highestOneBit(slotsAtMost);
    }

    /** How many ids it holds. */
    int size() {
        return size;
    }

    /** @return the number of this id, {@link #NONE} if it is not there */
    long get(byte[] customId) {
        var place = place(customId);
        return isFree(place) ? NONE : slots[place + 2];
    }

    /** @return whether there was room: for an id that is there, there always is */
    boolean put(byte[] customId, long number) {
        var place = place(customId);
        if (isFree(place)) {
            if (4L * (size + 1) > 3L * slots.length / SLOT) {
                if (slots.length / SLOT >= slotsMax) {
                    return false;
                }
                grow();
                place = place(customId);
            }
            size++;
            slots[place] = high;
            slots[place + 1] = low;
        }
        slots[place + 2] = number;
        return true;
    }

    /** Where it is, or would be; leaves its hash in the fields. */
    private int place(byte[] customId) {
        var hash = ByteBuffer.wrap(digest.digest(customId));
        high = hash.getLong();
        low = hash.getLong() | 1; // so that a free slot is told by its zero
        return place(slots, high, low);
    }

    private static int place(long[] slots, long high, long low) {
        var mask = slots.length / SLOT - 1;
        var slot = (int) high & mask;
        while (slots[slot * SLOT + 1] != 0 && (slots[slot * SLOT] != high || slots[slot * SLOT + 1] != low)) {
            slot = (slot + 1) & mask;
        }
        return slot * SLOT;
    }

    private boolean isFree(int place) {
        return slots[place + 1] == 0;
    }

    private void grow() {
        var larger = new long[slots.length * 2];
        for (var from = 0; from < slots.length; from += SLOT) {
            if (!isFree(from)) {
                System.arraycopy(slots, from, larger, place(larger, slots[from], slots[from + 1]), SLOT);
            }
        }
        slots = larger;
    }

    /** As keys of records have it. */
    static byte[] bytes(String customId) {
        return customId.getBytes(UTF_8);
    }
}
