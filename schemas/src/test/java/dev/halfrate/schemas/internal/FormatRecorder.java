package dev.halfrate.schemas.internal;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;

/** Keeps a version of a record for ever: its schema, and a value in which every field says something. */
final class FormatRecorder {
    private static final Path SCHEMAS = Path.of("src/main/resources/dev/halfrate/schemas/internal/released");
    static final Path VALUES = Path.of("src/test/resources/dev/halfrate/schemas/internal/released");

    private final SpecificData model = new SpecificData(InternalFormat.class.getClassLoader());
    private int next = 1;

    private FormatRecorder() {}

    /** What is kept already stays as it is. */
    static <T extends SpecificRecordBase> void record(InternalFormat<T> format) throws IOException {
        var version = "1." + format.minor();
        var name = format.schema().getName();
        var schema = SCHEMAS.resolve(version).resolve(name + ".avsc");
        if (!Files.exists(schema)) {
            var value = format.valueClass().cast(new FormatRecorder().sample(format.schema()));
            Files.createDirectories(requireNonNull(schema.getParent()));
            Files.writeString(schema, format.schema().toString() + "\n");
            Files.write(Files.createDirectories(VALUES.resolve(version)).resolve(name + ".bin"), format.encode(value));
        }
    }

    private Object sample(Schema schema) {
        return switch (schema.getType()) {
            case RECORD -> {
                var record = (SpecificRecordBase) model.newRecord(null, schema);
                schema.getFields().forEach(field -> record.put(field.pos(), sample(field.schema())));
                yield record;
            }
            case ENUM ->
                model.createEnum(
                        schema.getEnumSymbols()
                                .get(next++ % schema.getEnumSymbols().size()),
                        schema);
            case ARRAY -> List.of(sample(schema.getElementType()), sample(schema.getElementType()));
            case MAP -> Map.of("key", sample(schema.getValueType()));
            case UNION -> sample(schema.getTypes().getLast());
            case FIXED -> {
                var bytes = new byte[schema.getFixedSize()];
                Arrays.fill(bytes, (byte) next++);
                yield model.createFixed(null, bytes, schema);
            }
            case STRING -> "text " + next++;
            case BYTES -> ByteBuffer.wrap(new byte[] {(byte) next++, (byte) 0xff});
            case INT -> 1_000 + next++;
            case LONG -> 1_700_000_000_000L + next++;
            case BOOLEAN -> true;
            case FLOAT, DOUBLE, NULL -> throw new IllegalArgumentException("not in use: " + schema.getType());
        };
    }
}
