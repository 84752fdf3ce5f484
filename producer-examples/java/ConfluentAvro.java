import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * Confluent's wire format: a byte 0, the schema's id in 4 bytes, Avro's binary encoding.
 *
 * <p>Confluent's KafkaAvroSerializer and KafkaAvroDeserializer do the same where their Maven repository can be used.
 */
final class ConfluentAvro {
    private static final int ID_BYTES = 5;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final URI registry;
    private final Map<Schema, Integer> ids = new ConcurrentHashMap<>();
    private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();

    ConfluentAvro(URI registry) {
        this.registry = registry;
    }

    /** Whether a value of Kafka is Avro: JSON never begins with a 0. */
    static boolean isAvro(byte[] value) {
        return value.length > ID_BYTES && value[0] == 0;
    }

    byte[] write(String topic, GenericRecord value) throws IOException {
        var id = ids.computeIfAbsent(value.getSchema(), schema -> register(topic + "-value", schema));
        var out = new ByteArrayOutputStream();
        out.write(ByteBuffer.allocate(ID_BYTES).put((byte) 0).putInt(id).array());
        var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(value.getSchema()).write(value, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    GenericRecord read(byte[] value) throws IOException {
        var schema = schemas.computeIfAbsent(ByteBuffer.wrap(value).getInt(1), this::schema);
        var decoder = DecoderFactory.get().binaryDecoder(value, ID_BYTES, value.length - ID_BYTES, null);
        return new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
    }

    private int register(String subject, Schema schema) {
        var body = JSON.createObjectNode().put("schema", schema.toString()).toString();
        return ask(HttpRequest.newBuilder(registry.resolve("/subjects/" + subject + "/versions"))
                        .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                        .POST(HttpRequest.BodyPublishers.ofString(body)))
                .get("id")
                .intValue();
    }

    private Schema schema(int id) {
        var answer = ask(HttpRequest.newBuilder(registry.resolve("/schemas/ids/" + id)));
        return new Schema.Parser().parse(answer.get("schema").textValue());
    }

    private JsonNode ask(HttpRequest.Builder request) {
        try {
            var response = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() != 200) {
                throw new IllegalStateException("the schema registry answers " + response.statusCode());
            }
            return JSON.readTree(response.body());
        } catch (IOException e) {
            throw new IllegalStateException("the schema registry does not answer: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
