package dev.halfrate.processor.lane;

import java.nio.ByteBuffer;

/**
 * A request's custom_id within its pool, and its content, as hashes.
 *
 * @param high, low of pool and custom_id; wide enough to be taken for the id itself
 * @param content tells a repeat from a conflict
 */
public record Id(long high, long low, long content) {
    /** Of the stored form. */
    public static final int BYTES = 24;

    /** @return whether it is the same custom_id of the same pool, whatever the contents are */
    public boolean sameRequest(Id other) {
        return high == other.high && low == other.low;
    }

    public static Id readFrom(ByteBuffer in) {
        return new Id(in.getLong(), in.getLong(), in.getLong());
    }

    public void writeTo(ByteBuffer out) {
        out.putLong(high).putLong(low).putLong(content);
    }
}
