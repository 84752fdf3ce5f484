package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.schemas.PublicSchemas;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Confluent's own classes for Avro. For plain JSON they have none: what they would send as a text is Kafka's. */
final class ConfluentClient implements PairClient, AutoCloseable {
    private static final Path BUNDLED = Path.of("../../processor/target/confluent/META-INF/bundled-dependencies");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final LocalStack stack;
    private final URLClassLoader classes;
    private final Serializer<Object> serializer;
    private final Deserializer<?> deserializer;

    ConfluentClient(LocalStack stack) throws Exception {
        this.stack = stack;
        classes = new URLClassLoader(jars(), ConfluentClient.class.getClassLoader());
        var settings = Map.of("schema.registry.url", stack.registryUrl().toString());
        var thread = Thread.currentThread();
        var others = thread.getContextClassLoader();
        thread.setContextClassLoader(classes); // where Kafka looks for the classes that their settings name
        try {
            @SuppressWarnings("unchecked")
            var theirs = (Serializer<Object>) make("KafkaAvroSerializer");
            serializer = theirs;
            serializer.configure(settings, false);
            deserializer = (Deserializer<?>) make("KafkaAvroDeserializer");
            deserializer.configure(settings, false);
        } finally {
            thread.setContextClassLoader(others);
        }
    }

    private Object make(String name) throws ReflectiveOperationException {
        return classes.loadClass("io.confluent.kafka.serializers." + name)
                .getDeclaredConstructor()
                .newInstance();
    }

    private static URL[] jars() throws IOException {
        if (!Files.isDirectory(BUNDLED)) {
            throw new IOException("the build of the processor has not unpacked Confluent's classes (profile long)");
        }
        var urls = new ArrayList<URL>();
        try (var jars = Files.newDirectoryStream(BUNDLED, "*.jar")) {
            for (var jar : jars) {
                urls.add(jar.toUri().toURL());
            }
        }
        return urls.toArray(URL[]::new);
    }

    @Override
    public void write(Form form, List<Asked> requests) throws Exception {
        var topic = stack.config().topics().requests().getFirst();
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", stack.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            for (var request : requests) {
                var value = form == Form.AVRO ? serializer.serialize(topic, avro(request)) : json(request);
                producer.send(new ProducerRecord<>(topic, request.customId(), value))
                        .get();
            }
        }
    }

    private static GenericRecord avro(Asked request) {
        return new GenericRecordBuilder(PublicSchemas.REQUEST)
                .set("custom_id", request.customId())
                .set("url", request.url())
                .set("body", request.body())
                .build();
    }

    private static byte[] json(Asked request) throws IOException {
        return "{\"custom_id\": %s, \"method\": \"POST\", \"url\": %s, \"body\": %s}"
                .formatted(
                        JSON.writeValueAsString(request.customId()),
                        JSON.writeValueAsString(request.url()),
                        request.body())
                .getBytes(UTF_8);
    }

    @Override
    public List<JsonNode> requests(List<Asked> requests) {
        var topic = stack.config().topics().requests().getFirst();
        return read(topic, requests, value -> {
            var found = JSON.createObjectNode();
            if (value[0] != 0) {
                return found.put("json", new String(value, UTF_8));
            }
            var request = (GenericRecord) deserializer.deserialize(topic, value);
            return found.put("custom_id", request.get("custom_id").toString())
                    .put("url", request.get("url").toString())
                    .put("body", request.get("body").toString());
        });
    }

    @Override
    public List<String> results(List<Asked> requests) {
        var topic = stack.config().topics().results();
        return read(topic, requests, value -> {
            if (value[0] != 0) {
                var result = tree(new String(value, UTF_8));
                return line(
                        result.get("custom_id").textValue(),
                        result.get("status").textValue(),
                        result.get("response"));
            }
            var result = (GenericRecord) deserializer.deserialize(topic, value);
            return line(
                    result.get("custom_id").toString(),
                    result.get("status").toString(),
                    tree(String.valueOf(result.get("response"))));
        });
    }

    private static String line(String customId, String status, JsonNode response) {
        return String.join(
                "\t",
                customId,
                status,
                response.at("/choices/0/message/content").asText().replaceAll("\\s+", " "));
    }

    private static JsonNode tree(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private <T> List<T> read(String topic, List<Asked> requests, Function<byte[], T> then) {
        var wanted = new HashSet<>(requests.stream().map(Asked::customId).toList());
        var found = new ArrayList<T>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of(
                        "bootstrap.servers", stack.bootstrapServers(), "isolation.level", "read_committed"),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (!wanted.isEmpty()) {
                for (var received : consumer.poll(Duration.ofMillis(200))) {
                    if (wanted.remove(received.key())) {
                        found.add(then.apply(received.value()));
                    }
                }
            }
        }
        return found;
    }

    @Override
    public void close() throws IOException {
        serializer.close();
        deserializer.close();
        classes.close();
    }
}
