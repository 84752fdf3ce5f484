package dev.halfrate.processor.codec;

import org.apache.avro.Schema;

/**
 * A way through one value in Avro's binary encoding that decodes nothing: what is passed over costs no memory. Bounded
 * whatever the bytes say, in depth and in steps.
 */
final class AvroWalk {
    static final int DEPTH_MAX = 100;

    /** Values that take no bytes, nulls and empty records, come for nothing and may be said to be any number. */
    private static final long STEPS_PER_BYTE_MAX = 100;

    private static final int STEPS_MIN = 10_000;
    private static final int VARINT_BYTES_MAX = 10;

    private final byte[] value;
    private int at;
    private long steps;

    AvroWalk(byte[] value, int from) {
        this.value = value;
        this.at = from;
        this.steps = STEPS_MIN + STEPS_PER_BYTE_MAX * (value.length - from);
    }

    boolean atEnd() {
        return at == value.length;
    }

    /** @throws MalformedRecordException if the bytes are not of {@code schema} */
    void skip(Schema schema) {
        skip(schema, 0);
    }

    /**
     * @param schema of a text, or of bytes, which are encoded alike, or a union that has one of them here
     * @throws MalformedRecordException if the bytes are not of {@code schema}
     */
    Slice text(Schema schema) {
        var chosen = schema.getType() == Schema.Type.UNION ? branch(schema) : schema;
        if (chosen.getType() != Schema.Type.STRING && chosen.getType() != Schema.Type.BYTES) {
            throw malformed("a text was expected");
        }
        var bytes = length();
        var from = at;
        pass(bytes);
        return new Slice(from, bytes);
    }

    private void skip(Schema schema, int depth) {
        if (depth > DEPTH_MAX) {
            throw malformed("deeper than %d levels".formatted(DEPTH_MAX));
        }
        if (--steps < 0) {
            throw malformed("too many values that take no bytes");
        }
        switch (schema.getType()) {
            case NULL -> {}
            case BOOLEAN -> pass(1);
            case INT, LONG, ENUM -> varint();
            case FLOAT -> pass(Float.BYTES);
            case DOUBLE -> pass(Double.BYTES);
            case STRING, BYTES -> pass(length());
            case FIXED -> pass(schema.getFixedSize());
            case UNION -> skip(branch(schema), depth + 1);
            case RECORD -> schema.getFields().forEach(field -> skip(field.schema(), depth + 1));
            case ARRAY -> skipBlocks(() -> skip(schema.getElementType(), depth + 1));
            case MAP ->
                skipBlocks(() -> {
                    pass(length());
                    skip(schema.getValueType(), depth + 1);
                });
        }
    }

    private void skipBlocks(Runnable item) {
        for (var items = varint(); items != 0; items = varint()) {
            if (items < 0) {
                pass(length());
            } else {
                for (var i = 0L; i < items; i++) {
                    item.run();
                }
            }
        }
    }

    private Schema branch(Schema union) {
        var index = varint();
        if (index < 0 || index >= union.getTypes().size()) {
            throw malformed("a union has no such branch");
        }
        return union.getTypes().get((int) index);
    }

    private int length() {
        var length = varint();
        if (length < 0 || length > value.length - at) {
            throw malformed("longer than the value");
        }
        return (int) length;
    }

    private void pass(int bytes) {
        if (bytes > value.length - at) {
            throw malformed("longer than the value");
        }
        at += bytes;
    }

    private long varint() {
        var number = 0L;
        for (var i = 0; i < VARINT_BYTES_MAX; i++) {
            if (at == value.length) {
                throw malformed("longer than the value");
            }
            var b = value[at++];
            number |= (long) (b & 0x7F) << (7 * i);
            if (b >= 0) {
                return (number >>> 1) ^ -(number & 1);
            }
        }
        throw malformed("a number of too many bytes");
    }

    private MalformedRecordException malformed(String what) {
        return new MalformedRecordException("%s near byte %d".formatted(what, at));
    }
}
