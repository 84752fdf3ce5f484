package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.schemas.PublicSchemas;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Requests in Avro. */
public final class AvroSamples {
    private AvroSamples() {}

    public static GenericRecord request(String customId, String url, String body) {
        return record(PublicSchemas.REQUEST, Map.of("custom_id", customId, "url", url, "body", body));
    }

    public static GenericRecord record(Schema schema, Map<String, ?> fields) {
        var record = new GenericData.Record(schema);
        fields.forEach((name, value) ->
                record.put(name, value instanceof String text ? new Utf8(text.getBytes(UTF_8)) : value));
        return record;
    }

    /** In Confluent's wire format. */
    public static byte[] framed(int schemaId, GenericRecord record) {
        return AvroFormat.encode(schemaId, record);
    }

    static RecordHeaders noHeaders() {
        return new RecordHeaders();
    }
}
