package dev.halfrate.processor.codec;

import dev.halfrate.schemas.PublicSchemas;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.jspecify.annotations.Nullable;

/**
 * Where the fields of a request stand in values that were written with one schema. All that is not a request's is
 * passed over; the body stays where it is.
 */
final class AvroRequest {
    private static final Schema READER = PublicSchemas.REQUEST;

    private final Schema writer;

    private AvroRequest(Schema writer) {
        this.writer = writer;
    }

    /** Fields in bytes of the value. */
    record Fields(Slice customId, Slice url, Slice body) {}

    /** @return why requests cannot be read that were written with {@code writer}; never quotes it beyond its names */
    static Optional<String> incompatibility(Schema writer) {
        var compatibility = SchemaCompatibility.checkReaderWriterCompatibility(READER, writer);
        return compatibility.getResult().getIncompatibilities().stream()
                .findFirst()
                .map(found -> "%s at %s"
                        .formatted(
                                found.getType().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                                found.getLocation()));
    }

    /** @param writer compatible with ours */
    static AvroRequest writtenWith(Schema writer) {
        return new AvroRequest(writer);
    }

    /**
     * @param from where Avro's encoding begins
     * @throws MalformedRecordException if the value was not written with the schema
     */
    Fields find(byte[] value, int from) {
        var walk = new AvroWalk(value, from);
        var found = new HashMap<String, Slice>();
        for (var field : writer.getFields()) {
            if (READER.getField(field.name()) == null) {
                walk.skip(field.schema());
            } else {
                found.put(field.name(), walk.text(field.schema()));
            }
        }
        if (!walk.atEnd()) {
            throw new MalformedRecordException("bytes after its end");
        }
        return new Fields(required(found, "custom_id"), required(found, "url"), required(found, "body"));
    }

    private static Slice required(Map<String, Slice> found, String field) {
        @Nullable Slice slice = found.get(field);
        if (slice == null) {
            throw new MalformedRecordException(field + " is missing");
        }
        return slice;
    }
}
