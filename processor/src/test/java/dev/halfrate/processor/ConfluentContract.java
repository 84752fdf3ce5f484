package dev.halfrate.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.codec.AvroFormat;
import dev.halfrate.processor.codec.AvroSamples;
import dev.halfrate.processor.codec.BatchEventAvro;
import dev.halfrate.processor.codec.BatchProgress;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.FeedWriter;
import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.codec.RequestDecoder;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultAvro;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.FormatsConfig;
import dev.halfrate.processor.config.RegistryConfig;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.registry.CachedSchemas;
import dev.halfrate.processor.registry.RegistryException;
import dev.halfrate.processor.registry.SchemaRegistry;
import dev.halfrate.schemas.PublicSchemas;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

/** What we write is read by Confluent's own classes, and the other way round, by way of one registry. */
abstract class ConfluentContract {
    private static final String SERIALIZER = "io.confluent.kafka.serializers.KafkaAvroSerializer";
    private static final String DESERIALIZER = "io.confluent.kafka.serializers.KafkaAvroDeserializer";
    private static final String CHAT = "/v1/chat/completions";
    private static final Duration STALL_MAX = Duration.ofSeconds(30);
    private static final Instant AT = Instant.parse("2026-11-21T20:15:30.120Z");
    private static final Result RESULT = new Result(
            new Result.Request("a-ü", AT, null),
            Result.Status.SUCCEEDED,
            "openai",
            "main",
            "gpt-5",
            200,
            "{ \"x\" : 1.50, \"y\":\"\\u00fcü😀\" }".getBytes(UTF_8),
            null,
            null,
            null,
            "b",
            "batch_1",
            1,
            AT,
            null,
            AT,
            null,
            null);
    private static final BatchProgress PROGRESS = new BatchProgress(
            "b",
            "running",
            "openai",
            "main",
            "gpt-5",
            "/v1/x",
            "",
            "",
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            9,
            Spend.NONE,
            Map.of("red", Spend.NONE),
            "",
            AT,
            AT);

    /** Of its own in each test: a registry keeps what it has. */
    private final String topic = "t-" + UUID.randomUUID();

    abstract URI registry();

    private SchemaRegistry client() {
        return new SchemaRegistry(RegistryConfig.at(registry()));
    }

    private Map<String, Object> settings() {
        return Map.of("schema.registry.url", registry().toString());
    }

    private Serializer<Object> serializer() throws ClassNotFoundException {
        @SuppressWarnings("unchecked")
        Serializer<Object> serializer = Utils.newInstance(SERIALIZER, Serializer.class);
        serializer.configure(settings(), false);
        return serializer;
    }

    private GenericRecord read(byte[] value) throws ClassNotFoundException {
        try (Deserializer<?> deserializer = Utils.newInstance(DESERIALIZER, Deserializer.class)) {
            deserializer.configure(settings(), false);
            return (GenericRecord) deserializer.deserialize(topic, value);
        }
    }

    private Parsed decode(byte[] value) {
        try (var client = client()) {
            var decoder =
                    new RequestDecoder(new CachedSchemas(client, InstantSource.system(), new SimpleMeterRegistry()));
            return await().atMost(STALL_MAX)
                    .until(() -> decoder.decode(value, new RecordHeaders()), Optional::isPresent)
                    .orElseThrow();
        }
    }

    private int post(String path, String body) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create(registry() + path))
                    .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                    .POST(BodyPublishers.ofString(body))
                    .build();
            var answer = http.send(request, BodyHandlers.ofString()).body();
            return Integer.parseInt(answer.replaceAll("(?s).*\"id\":\\s*(\\d+).*", "$1"));
        }
    }

    @Test
    void requestsThatConfluentWroteAreRead() throws Exception {
        var body = "{ \"model\": \"gpt-5\", \"seed\": 1.50, \"messages\": [\"ü😀\"] }";
        byte[] value;
        try (var serializer = serializer()) {
            value = serializer.serialize(topic, AvroSamples.request("a-1", CHAT, body));
        }

        assertThat(decode(value)).isInstanceOfSatisfying(Parsed.Request.class, request -> {
            assertThat(request.customId()).isEqualTo("a-1");
            assertThat(new String(value, request.bodyOffset(), request.bodyBytes(), UTF_8))
                    .isEqualTo(body);
        });
    }

    @Test
    void whatConfluentCannotReadWeCannotEither() {
        var unknown =
                ByteBuffer.allocate(20).put((byte) 0).putInt(2_000_000_000).array();

        assertThat(decode(unknown))
                .isInstanceOfSatisfying(
                        Parsed.Unusable.class,
                        unusable -> assertThat(unusable.reason()).isEqualTo(DeadLetter.Reason.SCHEMA_UNKNOWN));
    }

    @Test
    void resultsAndBatchEventsThatWeWroteAreReadByConfluent() throws Exception {
        try (var client = client()) {
            var feeds = new FeedWriter(
                    AvroFormat.results(client.idOf(topic, PublicSchemas.RESULT)),
                    AvroFormat.batches(client.idOf(topic + "-b", PublicSchemas.BATCH_EVENT)));

            var result = read(feeds.toRecord(topic, RESULT).value());
            var progress = read(feeds.toRecord(topic, PROGRESS).value());

            assertThat(ResultAvro.fromAvro(result, null))
                    .usingRecursiveComparison()
                    .isEqualTo(RESULT);
            assertThat(BatchEventAvro.fromAvro(progress)).isEqualTo(PROGRESS);
        }
    }

    @Test
    void confluentsSerializerCanBeConfiguredInsteadAndWritesTheSame() throws Exception {
        var formats = new FormatsConfig(
                SERIALIZER,
                FormatsConfig.AVRO,
                Map.of("schema.registry.url", new Secret(registry().toString())));
        var config = ConfigFile.parse("""
                        kafka: {bootstrap.servers: none}
                        topics: {results: %s, batches: %s-b}
                        accounts: [{name: main, key: {env: K}}]
                        """.formatted(topic, topic), Map.of("K", "key"))
                .with(RegistryConfig.at(registry()), formats);

        try (var theirs = Formats.of(config, new SimpleMeterRegistry());
                var client = client()) {
            var ours = new FeedWriter(
                    AvroFormat.results(client.idOf(topic, PublicSchemas.RESULT)), FeedWriter.JSON_BATCHES);

            assertThat(theirs.feeds().toRecord(topic, RESULT).value())
                    .isEqualTo(ours.toRecord(topic, RESULT).value());
        }
    }

    @Test
    void aSchemaThatRefersToOthersIsPutTogether() throws Exception {
        post(
                "/subjects/%s-a/versions".formatted(topic),
                "{\"schema\": \"{\\\"type\\\":\\\"enum\\\",\\\"name\\\":\\\"Kind\\\",\\\"namespace\\\":\\\"x\\\",\\\"symbols\\\":[\\\"X\\\"]}\"}");
        var id = post("/subjects/%s-b/versions".formatted(topic), """
                {"schema": "{\\"type\\":\\"record\\",\\"name\\":\\"Request\\",\\"namespace\\":\\"dev.halfrate\\",\\"fields\\":[\
                {\\"name\\":\\"kind\\",\\"type\\":\\"x.Kind\\"},{\\"name\\":\\"custom_id\\",\\"type\\":\\"string\\"},\
                {\\"name\\":\\"url\\",\\"type\\":\\"string\\"},{\\"name\\":\\"body\\",\\"type\\":\\"string\\"}]}",
                 "references": [{"name": "x.Kind", "subject": "%s-a", "version": 1}]}""".formatted(topic));
        var plain = AvroSamples.framed(id, AvroSamples.request("a", CHAT, "{\"model\":\"m\"}"));
        var value = ByteBuffer.allocate(plain.length + 1)
                .put(plain, 0, 5)
                .put((byte) 0)
                .put(plain, 5, plain.length - 5)
                .array();

        assertThat(decode(value)).isInstanceOf(Parsed.Request.class);
    }

    @Test
    void aSubjectThatHoldsSomethingElseStopsTheStart() throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create(registry() + "/config/%s-value".formatted(topic)))
                    .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                    .PUT(BodyPublishers.ofString("{\"compatibility\": \"FULL\"}"))
                    .build();
            post("/subjects/%s-value/versions".formatted(topic), "{\"schema\": \"\\\"int\\\"\"}");
            assertThat(http.send(request, BodyHandlers.discarding()).statusCode())
                    .isEqualTo(200);
        }
        try (var client = client()) {
            assertThatThrownBy(() -> client.idOf(topic, PublicSchemas.RESULT))
                    .isInstanceOf(RegistryException.class)
                    .hasMessageContaining("not compatible");
        }
    }
}
