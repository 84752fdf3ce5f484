package dev.halfrate.processor.codec;

/** Some bytes of a record's value. */
public record Slice(int from, int bytes) {
    public int until() {
        return from + bytes;
    }
}
