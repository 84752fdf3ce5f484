package dev.halfrate.processor.batch;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/** One bit per item of a batch; never changes. Item 0 is bit 0 of byte 0. */
public final class ItemBits {
    public static final ItemBits NONE = new ItemBits(new BitSet());

    private final BitSet bits;

    private ItemBits(BitSet bits) {
        this.bits = bits;
    }

    public static ItemBits of(byte[] bytes) {
        return bytes.length == 0 ? NONE : new ItemBits(BitSet.valueOf(bytes));
    }

    public static ItemBits of(int... items) {
        return NONE.with(Arrays.stream(items));
    }

    public boolean has(int item) {
        return bits.get(item);
    }

    public int count() {
        return bits.cardinality();
    }

    public ItemBits with(IntStream items) {
        var copy = (BitSet) bits.clone();
        items.forEach(copy::set);
        return new ItemBits(copy);
    }

    ItemBits with(ItemBits others) {
        var copy = (BitSet) bits.clone();
        copy.or(others.bits);
        return new ItemBits(copy);
    }

    ItemBits without(int item) {
        var copy = (BitSet) bits.clone();
        copy.clear(item);
        return new ItemBits(copy);
    }

    ItemBits and(ItemBits others) {
        var copy = (BitSet) bits.clone();
        copy.and(others.bits);
        return new ItemBits(copy);
    }

    /** @return the items below {@code items} that have no bit, in order */
    public IntStream missing(int items) {
        return IntStream.range(0, items).filter(item -> !bits.get(item));
    }

    public byte[] toBytes() {
        return bits.toByteArray();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ItemBits that && bits.equals(that.bits);
    }

    @Override
    public int hashCode() {
        return bits.hashCode();
    }

    @Override
    public String toString() {
        return bits.cardinality() + " items";
    }
}
