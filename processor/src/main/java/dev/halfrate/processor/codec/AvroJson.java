package dev.halfrate.processor.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Base64;
import java.util.Collection;
import java.util.Map;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/**
 * Avro as everybody would write it in JSON: a union is the value that it holds, decimals are numbers with all digits,
 * dates and timestamps text as in ISO 8601, bytes Base64; what JSON has no number for, NaN and the infinities, is null.
 */
final class AvroJson {
    private static final JsonFactory JSON = new JsonFactory();

    private AvroJson() {}

    /** @param datum as Avro's generic readers give it, without conversions of logical types */
    static byte[] encode(Schema schema, @Nullable Object datum) {
        var out = new ByteArrayOutputStream();
        try (var json = JSON.createGenerator(out)) {
            write(json, schema, datum);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, Schema schema, @Nullable Object datum) throws IOException {
        if (datum == null) {
            json.writeNull();
            return;
        }
        switch (schema.getType()) {
            case NULL -> {}
            case BOOLEAN -> json.writeBoolean((Boolean) datum);
            case INT -> writeInt(json, schema, (Integer) datum);
            case LONG -> writeLong(json, schema, (Long) datum);
            case FLOAT -> writeDouble(json, (Float) datum, datum);
            case DOUBLE -> writeDouble(json, (Double) datum, datum);
            case STRING, ENUM -> json.writeString(datum.toString());
            case BYTES -> {
                var buffer = ((ByteBuffer) datum).duplicate();
                var bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                writeBytes(json, schema, bytes);
            }
            case FIXED -> writeBytes(json, schema, ((GenericFixed) datum).bytes());
            case UNION -> write(json, schema.getTypes().get(GenericData.get().resolveUnion(schema, datum)), datum);
            case RECORD -> {
                json.writeStartObject();
                for (var field : schema.getFields()) {
                    json.writeFieldName(field.name());
                    write(json, field.schema(), ((IndexedRecord) datum).get(field.pos()));
                }
                json.writeEndObject();
            }
            case ARRAY -> {
                json.writeStartArray();
                for (var item : (Collection<?>) datum) {
                    write(json, schema.getElementType(), item);
                }
                json.writeEndArray();
            }
            case MAP -> {
                json.writeStartObject();
                for (var entry : ((Map<?, ?>) datum).entrySet()) {
                    json.writeFieldName(entry.getKey().toString());
                    write(json, schema.getValueType(), entry.getValue());
                }
                json.writeEndObject();
            }
        }
    }

    private static void writeInt(JsonGenerator json, Schema schema, int value) throws IOException {
        if (schema.getLogicalType() instanceof LogicalTypes.Date) {
            json.writeString(LocalDate.ofEpochDay(value).toString());
        } else {
            json.writeNumber(value);
        }
    }

    private static void writeLong(JsonGenerator json, Schema schema, long value) throws IOException {
        switch (schema.getLogicalType()) {
            case LogicalTypes.TimestampMillis _ ->
                json.writeString(Instant.ofEpochMilli(value).toString());
            case LogicalTypes.TimestampMicros _ ->
                json.writeString(Instant.ofEpochSecond(
                                Math.floorDiv(value, 1_000_000L), Math.floorMod(value, 1_000_000L) * 1_000)
                        .toString());
            case null, default -> json.writeNumber(value);
        }
    }

    /** @param datum writes itself with the digits that it has */
    private static void writeDouble(JsonGenerator json, double value, Object datum) throws IOException {
        if (Double.isFinite(value)) {
            json.writeNumber(datum.toString());
        } else {
            json.writeNull();
        }
    }

    private static void writeBytes(JsonGenerator json, Schema schema, byte[] bytes) throws IOException {
        if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal && bytes.length > 0) {
            json.writeNumber(new BigDecimal(new BigInteger(bytes), decimal.getScale()).toPlainString());
        } else {
            json.writeString(Base64.getEncoder().encodeToString(bytes));
        }
    }
}
