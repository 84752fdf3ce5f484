package dev.halfrate.processor.codec;

import java.nio.ByteBuffer;
import java.util.UUID;
import org.apache.kafka.common.header.Headers;

/**
 * Whether a value says which schema it was written with, as Confluent's serializers say it: in the bytes before it, or
 * in a header of the record. Either has a byte for the kind of name, and the name.
 */
public sealed interface Framing {
    /** The name of the header. */
    String HEADER = "__value_schema_id";

    /** It does not: JSON, if anything. */
    record Plain() implements Framing {}

    /** @param offset where Avro's binary encoding begins in the value */
    record Framed(SchemaRef schema, int offset) implements Framing {}

    /** @param message what is wrong, and what to change */
    record Broken(String message) implements Framing {}

    byte BY_ID = 0;
    byte BY_GUID = 1;
    int ID_BYTES = 1 + Integer.BYTES;
    int GUID_BYTES = 1 + 2 * Long.BYTES;

    static Framing of(byte[] value, Headers headers) {
        var header = headers.lastHeader(HEADER);
        if (header != null) {
            var name = header.value() == null ? new byte[0] : header.value();
            return of(name, 0, name.length) instanceof Framed(var schema, var read) && read == name.length
                    ? new Framed(schema, 0)
                    : new Broken("header %s must be a byte 0 and an id of 4 bytes, or a byte 1 and a guid of 16 bytes"
                            .formatted(HEADER));
        }
        // No JSON begins with either byte.
        return value.length == 0 || (value[0] != BY_ID && value[0] != BY_GUID)
                ? new Plain()
                : of(value, 0, value.length);
    }

    private static Framing of(byte[] bytes, int from, int until) {
        if (until - from >= ID_BYTES && bytes[from] == BY_ID) {
            return new Framed(new SchemaRef.Id(ByteBuffer.wrap(bytes).getInt(from + 1)), from + ID_BYTES);
        }
        if (until - from >= GUID_BYTES && bytes[from] == BY_GUID) {
            var guid = ByteBuffer.wrap(bytes, from + 1, GUID_BYTES - 1);
            return new Framed(new SchemaRef.Guid(new UUID(guid.getLong(), guid.getLong())), from + GUID_BYTES);
        }
        return new Broken("the value ends before the id of its schema does");
    }
}
