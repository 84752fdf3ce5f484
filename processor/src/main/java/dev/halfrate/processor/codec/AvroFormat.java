package dev.halfrate.processor.codec;

import dev.halfrate.schemas.PublicSchemas;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Function;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;

/** Values as records of the public Avro schemas. */
public final class AvroFormat {
    private static final int BYTES_EXPECTED = 1_024;

    private AvroFormat() {}

    /** @param schemaId of {@link dev.halfrate.schemas.PublicSchemas#RESULT} at the registry */
    public static ValueFormat<Result> results(int schemaId) {
        return (_, _, result) -> encode(schemaId, ResultAvro.toAvro(result));
    }

    /** @param schemaId of {@link dev.halfrate.schemas.PublicSchemas#BATCH_EVENT} at the registry */
    public static ValueFormat<BatchProgress> batches(int schemaId) {
        return (_, _, progress) -> encode(schemaId, BatchEventAvro.toAvro(progress));
    }

    /**
     * @param schemaId of {@link dev.halfrate.schemas.PublicSchemas#REQUEST} at the registry
     * @param value of a record in JSON that holds {@code request}
     */
    public static byte[] request(int schemaId, Parsed.Request request, byte[] value) {
        var record = new GenericData.Record(PublicSchemas.REQUEST);
        record.put("custom_id", request.customId());
        record.put("url", request.url());
        record.put(
                "body",
                new Utf8(Arrays.copyOfRange(value, request.bodyOffset(), request.bodyOffset() + request.bodyBytes())));
        return encode(schemaId, record);
    }

    /** @param serializer takes records of {@link dev.halfrate.schemas.PublicSchemas#RESULT} */
    public static ValueFormat<Result> resultsBy(Serializer<Object> serializer) {
        return by(serializer, ResultAvro::toAvro);
    }

    /** @param serializer takes records of {@link dev.halfrate.schemas.PublicSchemas#BATCH_EVENT} */
    public static ValueFormat<BatchProgress> batchesBy(Serializer<Object> serializer) {
        return by(serializer, BatchEventAvro::toAvro);
    }

    private static <T> ValueFormat<T> by(Serializer<Object> serializer, Function<T, GenericRecord> toAvro) {
        return (topic, headers, value) -> {
            try {
                var bytes = serializer.serialize(topic, headers, toAvro.apply(value));
                if (bytes == null) {
                    // A record without a value would be a tombstone.
                    throw new SerializationException(serializer.getClass().getName() + " makes nothing of a value");
                }
                return bytes;
            } catch (KafkaException e) {
                throw e;
            } catch (RuntimeException e) {
                // Without its message, which may quote the value.
                throw new SerializationException("%s fails with %s"
                        .formatted(serializer.getClass().getName(), e.getClass().getName()));
            }
        };
    }

    /** @return Confluent's wire format: a zero byte, the schema's id, Avro's binary encoding */
    static byte[] encode(int schemaId, GenericRecord value) {
        var out = new ByteArrayOutputStream(BYTES_EXPECTED);
        out.write(Framing.BY_ID);
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(schemaId).array());
        write(out, value);
        return out.toByteArray();
    }

    private static void write(ByteArrayOutputStream out, GenericRecord value) {
        try {
            var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
            new GenericDatumWriter<GenericRecord>(value.getSchema(), new GenericData()).write(value, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
