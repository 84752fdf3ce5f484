package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Reads the value of a request record in either form: JSON, or Avro that names its schema. One is told from the other
 * by the first byte, and what they ask for is judged alike. For one thread.
 */
public final class RequestDecoder {
    private static final int SCHEMAS_MAX = 1_000;

    private final RequestParser parser = new RequestParser();
    private final WriterSchemas schemas;
    private final Map<SchemaRef, Judged> judged = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<SchemaRef, Judged> eldest) {
            return size() > SCHEMAS_MAX;
        }
    };

    /** @param reader null if requests cannot be read that were written with {@code schema} */
    private record Judged(Schema schema, @Nullable AvroRequest reader, String incompatibility) {
        static Judged of(Schema schema) {
            var why = AvroRequest.incompatibility(schema);
            return new Judged(schema, why.isPresent() ? null : AvroRequest.writtenWith(schema), why.orElse(""));
        }
    }

    public RequestDecoder(WriterSchemas schemas) {
        this.schemas = schemas;
    }

    /** @return empty as long as nobody can say what the value's schema is */
    public Optional<Parsed> decode(byte[] value, Headers headers) {
        return switch (Framing.of(value, headers)) {
            case Framing.Plain() -> Optional.of(parser.parse(value));
            case Framing.Broken(var message) -> Optional.of(undecodable(message));
            case Framing.Framed(var schema, var offset) ->
                switch (schemas.find(schema)) {
                    case WriterSchemas.Lookup.Pending() -> Optional.empty();
                    case WriterSchemas.Lookup.Missing(var reason, var message) ->
                        Optional.of(new Parsed.Unusable(reason, message));
                    case WriterSchemas.Lookup.Found(var writer) ->
                        // A schema never changes under its name.
                        Optional.of(
                                decode(value, offset, schema, judged.computeIfAbsent(schema, _ -> Judged.of(writer))));
                };
        };
    }

    private Parsed decode(byte[] value, int offset, SchemaRef name, Judged schema) {
        var reader = schema.reader();
        if (reader == null) {
            return new Parsed.Unusable(
                    DeadLetter.Reason.SCHEMA_INCOMPATIBLE,
                    "the schema of %s, %s, is none that dev.halfrate.Request can read: %s"
                            .formatted(name, schema.schema().getFullName(), schema.incompatibility()));
        }
        AvroRequest.Fields fields;
        try {
            fields = reader.find(value, offset);
        } catch (MalformedRecordException e) {
            return undecodable("the value was not written with the schema of %s: %s".formatted(name, e.getMessage()));
        }
        return parser.parse(text(value, fields.customId()), text(value, fields.url()), value, fields.body());
    }

    /** @return null if it is not UTF-8 */
    private static @Nullable String text(byte[] value, Slice slice) {
        try {
            return UTF_8.newDecoder()
                    .decode(ByteBuffer.wrap(value, slice.from(), slice.bytes()))
                    .toString();
        } catch (CharacterCodingException _) {
            return null;
        }
    }

    private static Parsed undecodable(String message) {
        return new Parsed.Unusable(DeadLetter.Reason.DECODE, message);
    }
}
