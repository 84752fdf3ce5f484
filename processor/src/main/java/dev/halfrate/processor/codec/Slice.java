package dev.halfrate.processor.codec;

/** Some bytes of a record's value. */
record Slice(int from, int bytes) {
    int until() {
        return from + bytes;
    }
}
