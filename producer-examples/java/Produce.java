import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends questions and prints the answers: {@code java -cp 'lib/*' Produce.java [--avro] QUESTION...} */
final class Produce {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String URL = "/v1/chat/completions";
    private static final Schema SCHEMA = new Schema.Parser().parse("""
            {"type": "record", "name": "Request", "namespace": "dev.halfrate", "fields": [
              {"name": "custom_id", "type": "string"},
              {"name": "url", "type": "string"},
              {"name": "body", "type": "string"}]}
            """);

    /** The body is a text of your own making, and goes to the vendor as it is. */
    private record Request(String customId, String body) {
        /** Its id is made of the content: who runs this again asks, and pays, for nothing twice. */
        static Request of(String question) throws IOException {
            var body = "{\"model\": \"gpt-4o-mini\", \"messages\": [{\"role\": \"user\", \"content\": %s}]}"
                    .formatted(JSON.writeValueAsString(question));
            return new Request("java-" + hash(URL + "\n" + body).substring(0, 32), body);
        }

        byte[] json() throws IOException {
            return "{\"custom_id\": %s, \"method\": \"POST\", \"url\": \"%s\", \"body\": %s}"
                    .formatted(JSON.writeValueAsString(customId), URL, body)
                    .getBytes(StandardCharsets.UTF_8);
        }

        byte[] avro(ConfluentAvro avro) throws IOException {
            return avro.write(
                    Cluster.REQUESTS,
                    new GenericRecordBuilder(SCHEMA)
                            .set("custom_id", customId)
                            .set("url", URL)
                            .set("body", body)
                            .build());
        }
    }

    private Produce() {}

    public static void main(String[] words) throws Exception {
        var inAvro = words.length > 0 && words[0].equals("--avro");
        var avro = new ConfluentAvro(Cluster.SCHEMA_REGISTRY);
        var ids = new ArrayList<String>();
        var sent = new ArrayList<Future<RecordMetadata>>();
        var settings = Map.<String, Object>of(
                "bootstrap.servers", Cluster.BOOTSTRAP_SERVERS, "acks", "all", "enable.idempotence", true);
        try (var producer =
                new KafkaProducer<String, byte[]>(settings, new StringSerializer(), new ByteArraySerializer())) {
            for (var question : List.of(words).subList(inAvro ? 1 : 0, words.length)) {
                var request = Request.of(question);
                var value = inAvro ? request.avro(avro) : request.json();
                var sending = new ProducerRecord<>(Cluster.REQUESTS, request.customId(), value);
                // A label of your own: costs are summed by it.
                sending.headers().add("halfrate-tag", "java-example".getBytes(StandardCharsets.UTF_8));
                sent.add(producer.send(sending));
                ids.add(request.customId());
            }
        }
        for (var one : sent) {
            one.get(); // throws if it is not on every replica
        }
        WaitForResults.await(ids, Duration.ofDays(1), System.out::println);
    }

    private static String hash(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
