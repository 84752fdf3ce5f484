import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** One of the clients of ClientPairsIT, made of the examples: Pairs.java write json|avro FILE, requests FILE, results FILE. */
final class Pairs {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Schema SCHEMA = new Schema.Parser().parse("""
            {"type": "record", "name": "Request", "namespace": "dev.halfrate", "fields": [
              {"name": "custom_id", "type": "string"},
              {"name": "url", "type": "string"},
              {"name": "body", "type": "string"}]}
            """);

    private Pairs() {}

    public static void main(String[] words) throws Exception {
        var requests = new ArrayList<JsonNode>();
        for (var line : Files.readAllLines(Path.of(words[words.length - 1]))) {
            requests.add(JSON.readTree(line));
        }
        switch (words[0]) {
            case "write" -> write(requests, words[1].equals("avro"));
            case "requests" -> requests(ids(requests));
            case "results" ->
                WaitForResults.await(ids(requests), Duration.ofDays(1), answer -> print(JSON.valueToTree(answer.toString())));
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    private static List<String> ids(List<JsonNode> requests) {
        return requests.stream().map(one -> one.get("custom_id").textValue()).collect(Collectors.toList());
    }

    private static void print(JsonNode found) {
        System.out.println(found);
    }

    private static void write(List<JsonNode> requests, boolean inAvro) throws IOException {
        var avro = new ConfluentAvro(Cluster.SCHEMA_REGISTRY);
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", Cluster.BOOTSTRAP_SERVERS),
                new StringSerializer(),
                new ByteArraySerializer())) {
            for (var one : requests) {
                var value = inAvro ? avro(one, avro) : json(one);
                producer.send(new ProducerRecord<>(Cluster.REQUESTS, one.get("custom_id").textValue(), value));
            }
        }
    }

    private static byte[] avro(JsonNode one, ConfluentAvro avro) throws IOException {
        var request = new GenericRecordBuilder(SCHEMA);
        SCHEMA.getFields().forEach(field -> request.set(field, one.get(field.name()).textValue()));
        return avro.write(Cluster.REQUESTS, request.build());
    }

    private static byte[] json(JsonNode one) {
        return "{\"custom_id\": %s, \"method\": \"POST\", \"url\": %s, \"body\": %s}"
                .formatted(one.get("custom_id"), one.get("url"), one.get("body").textValue())
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void requests(List<String> ids) throws IOException {
        var wanted = new HashSet<>(ids);
        var avro = new ConfluentAvro(Cluster.SCHEMA_REGISTRY);
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", Cluster.BOOTSTRAP_SERVERS),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            var partitions = consumer.partitionsFor(Cluster.REQUESTS).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (!wanted.isEmpty()) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    if (wanted.remove(record.key())) {
                        print(read(record.value(), avro));
                    }
                }
            }
        }
    }

    private static JsonNode read(byte[] value, ConfluentAvro avro) throws IOException {
        var found = JSON.createObjectNode();
        if (ConfluentAvro.isAvro(value)) {
            var request = avro.read(value);
            SCHEMA.getFields().forEach(field -> found.put(field.name(), request.get(field.name()).toString()));
            return found;
        }
        return found.put("json", new String(value, StandardCharsets.UTF_8));
    }
}
