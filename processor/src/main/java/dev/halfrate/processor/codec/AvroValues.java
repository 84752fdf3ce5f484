package dev.halfrate.processor.codec;

import java.io.IOException;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Reads values of any schema that name it as Confluent's serializers do. Safe for use by many threads. */
public final class AvroValues {
    private final WriterSchemas schemas;

    public AvroValues(WriterSchemas schemas) {
        this.schemas = schemas;
    }

    /** What a value is. */
    public sealed interface Reading {
        /** It names no schema: JSON, if anything. */
        record Plain() implements Reading {}

        /** @param datum as Avro's generic readers give it, without conversions of logical types */
        record Value(Schema schema, @Nullable Object datum) implements Reading {
            /** @return the same as JSON in UTF-8; see {@link AvroJson} */
            public byte[] json() {
                return AvroJson.encode(schema, datum);
            }
        }

        /** @param message says what to change and never quotes the value */
        record Unusable(DeadLetter.Reason reason, String message) implements Reading {}

        /** Nobody can say now what its schema is: ask again later. */
        record Pending() implements Reading {}
    }

    public Reading read(byte[] value, Headers headers) {
        return switch (Framing.of(value, headers)) {
            case Framing.Plain() -> new Reading.Plain();
            case Framing.Broken(var message) -> new Reading.Unusable(DeadLetter.Reason.DECODE, message);
            case Framing.Framed(var name, var offset) ->
                switch (schemas.find(name)) {
                    case WriterSchemas.Lookup.Pending() -> new Reading.Pending();
                    case WriterSchemas.Lookup.Missing(var reason, var message) -> new Reading.Unusable(reason, message);
                    case WriterSchemas.Lookup.Found(var schema) -> read(name, schema, value, offset);
                };
        };
    }

    private static Reading read(SchemaRef name, Schema schema, byte[] value, int offset) {
        try {
            // Avro's own reader follows whatever the bytes say, however deep.
            var walk = new AvroWalk(value, offset);
            walk.skip(schema);
            if (!walk.atEnd()) {
                throw new MalformedRecordException("bytes after its end");
            }
            var decoder = DecoderFactory.get().binaryDecoder(value, offset, value.length - offset, null);
            var reader = new GenericDatumReader<>(schema, schema, new GenericData());
            return new Reading.Value(schema, reader.read(null, decoder));
        } catch (MalformedRecordException e) {
            return undecodable(name, String.valueOf(e.getMessage()));
        } catch (IOException | AvroRuntimeException | ClassCastException e) {
            // Without its message, which may quote the value.
            return undecodable(name, e.getClass().getSimpleName());
        }
    }

    private static Reading undecodable(SchemaRef name, String why) {
        return new Reading.Unusable(
                DeadLetter.Reason.DECODE, "the value was not written with the schema of %s: %s".formatted(name, why));
    }
}
