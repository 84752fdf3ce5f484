package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.Service;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators can do, over HTTP and at a terminal, with a real broker and a vendor that keeps a book. */
@Tag("long")
class OperatorIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration STANDS_STILL = Duration.ofSeconds(3);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
    private EmbeddedBroker broker;
    private Simulator simulator;
    private URI admin;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.start(0, directory.resolve("broker"));
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(120).withDataDirectory(directory.resolve("vendor")));
        Files.writeString(directory.resolve("key"), "sk-local");
        try (var socket = new ServerSocket(0)) {
            admin = URI.create("http://127.0.0.1:" + socket.getLocalPort());
        }
        Files.writeString(directory.resolve("halfrate.yaml"), """
                state-dir: %1$s/state
                kafka: {bootstrap.servers: "%2$s"}
                topics: {partitions: 2, replication-factor: 1}
                accounts:
                  - {name: main, base-url: %3$s, key: {file: %1$s/key}, doubts: {policy: hold}}
                lanes: {age-max: 1h}
                ledger: {poll-delays: [500ms], create-timeout: 2s, quiesce-margin: 500ms, listings-apart: 200ms}
                admin: {port: %4$d}
                """.formatted(
                        directory, broker.bootstrapServers(), simulator.baseUrl(), admin.getPort()));
    }

    @AfterEach
    void stop() {
        http.close();
        simulator.close();
        broker.close();
    }

    @Test
    void whatIsPausedWaitsAndABatchThatIsCancelledEnds() throws Exception {
        try (var _ = service();
                var reader = reader()) {
            vendor("PUT", "habits", "{\"slowdown\": 100}");

            // When it is paused, nothing is sealed, whatever somebody flushes
            post("/api/lanes/pause", "{\"account\": \"main\"}");
            send("a", "b", "c");
            await().atMost(PATIENCE)
                    .until(() -> get("/api/status")
                            .at("/status/pauses/0/name")
                            .asText()
                            .equals("main"));
            await().atMost(PATIENCE).until(() -> waiting() == 3);
            var wait = get("/api/lanes").at("/lanes/0/waits/0");
            assertThat(wait.path("why").asText()).isEqualTo("account_paused");
            assertThat(wait.path("by").asText()).isEqualTo("local");
            assertThat(get("/api/accounts").at("/accounts/0/paused_by").asText())
                    .isEqualTo("local");
            terminal("flush", "--lane", "main/gpt-4o-mini/v1/chat/completions");
            await().atMost(PATIENCE).until(() -> waiting() == 3);
            await().during(STANDS_STILL).atMost(PATIENCE).until(() -> batches().isEmpty());

            // When it goes on, what was flushed is sealed at once
            terminal("resume", "--account", "main");
            await().atMost(PATIENCE).until(() -> batches().contains("running"));

            // When the batch is cancelled, each of its requests has its result, though the vendor takes his time
            var batchId = get("/api/batches").at("/batches/0/batch_id").asText();
            post("/api/batches/" + batchId + "/cancel", "");
            post("/api/batches/" + batchId + "/cancel", "");
            await().atMost(PATIENCE).until(() -> results(reader).size() == 3);
            assertThat(results(reader))
                    .allSatisfy(
                            result -> assertThat(result.get("status").asText()).isEqualTo("cancelled"));

            // And the ids are free
            vendor("PUT", "habits", "{\"slowdown\": 1}");
            send("a");
            await().atMost(PATIENCE).until(() -> waiting() == 1);
            post("/api/lanes/flush", "{\"account\": \"main\"}");
            await().atMost(PATIENCE).until(() -> results(reader).size() == 4);
            assertThat(results(reader).getLast().get("status").asText()).isEqualTo("succeeded");
            await().atMost(PATIENCE).until(() -> batches().equals(List.of("settled", "settled")));
            assertThat(audits(reader))
                    .extracting(audit -> audit.get("action").asText())
                    .containsExactly("pause", "flush", "resume", "cancel", "cancel", "flush");

            // And whoever asks this process sees the same, and how long the vendor took
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(get("/api/audit").path("wishes").findValuesAsText("action"))
                                    .containsExactly("flush", "cancel", "cancel", "resume", "flush", "pause"));
            var last = get("/api/batches").at("/batches/0");
            assertThat(last.path("state").asText()).isEqualTo("settled");
            assertThat(Instant.parse(last.path("ended_at").asText()))
                    .isAfter(Instant.parse(last.path("created_at").asText()));
        }
    }

    @Test
    @Tag("alarm:HalfrateBatchesOnHold")
    void aHoldIsBoughtAgainWhenAnOperatorSaysSo() throws Exception {
        try (var _ = service();
                var reader = reader()) {
            // Given a create that nobody has taken, and a policy that leaves it to operators
            vendor("POST", "faults", "{\"method\": \"POST\", \"path\": \"/v1/batches\", \"reset\": \"BEFORE\"}");
            send("a");
            await().atMost(PATIENCE).until(() -> waiting() == 1);
            post("/api/lanes/flush", "{\"account\": \"main\"}");
            await().atMost(PATIENCE).until(() -> batches().contains("hold"));
            var batch = get("/api/batches").at("/batches/0");

            // When
            terminal("resolve", batch.get("batch_id").asText(), "--again");

            // Then
            await().atMost(PATIENCE).until(() -> results(reader).size() == 1);
            assertThat(results(reader).getFirst().get("status").asText()).isEqualTo("succeeded");
            assertThat(simulator.billingBook().entries()).hasSize(1);
            assertThat(audits(reader).getLast().get("resolution").asText()).isEqualTo("again");
        }
    }

    @Test
    void aCommandThatIsSentAgainIsOne() throws Exception {
        try (var _ = service();
                var reader = reader()) {
            for (var i = 0; i < 3; i++) {
                assertThat(keyed("/api/lanes/pause", "{\"account\": \"main\"}").statusCode())
                        .isEqualTo(202);
            }
            assertThat(keyed("/api/lanes/resume", "{\"account\": \"main\"}").statusCode())
                    .isEqualTo(409);

            await().atMost(PATIENCE).until(() -> audits(reader).size() == 1);
            assertThat(audits(reader).getFirst().path("command_id").asText()).isEqualTo("click-1");
            assertThat(get("/api/me").path("role").asText()).isEqualTo("operate");
        }
    }

    private HttpResponse<String> keyed(String path, String body) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(admin.resolve(path))
                        .header("Content-Type", "application/json")
                        .header("X-Halfrate-Csrf", "1")
                        .header("Idempotency-Key", "click-1")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private Service service() throws Exception {
        var service = Service.start(ConfigFile.load(directory.resolve("halfrate.yaml")), Set.of());
        await().atMost(PATIENCE).until(() -> answer("GET", "/readyz", "").statusCode() == 200);
        return service;
    }

    private long waiting() throws Exception {
        return get("/api/status").at("/all_lanes/waiting").asLong();
    }

    private List<String> batches() throws Exception {
        return get("/api/batches").path("batches").findValuesAsText("state");
    }

    private JsonNode get(String path) throws Exception {
        var answer = answer("GET", path, "");
        return JSON.readTree(answer.body());
    }

    private void post(String path, String body) throws Exception {
        var answer = answer("POST", path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    }

    private HttpResponse<String> answer(String method, String path, String body)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(admin.resolve(path))
                        .header("Content-Type", "application/json")
                        .header("X-Halfrate-Csrf", "1")
                        .method(method, BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private void vendor(String method, String what, String body) throws IOException, InterruptedException {
        var answer = http.send(
                HttpRequest.newBuilder(simulator.baseUrl().resolve("/control/" + what))
                        .method(method, BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    }

    private void terminal(String... words) {
        var all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--config", directory.resolve("halfrate.yaml").toString()));
        var said = new StringWriter();
        var code = LocalMain.commandLine()
                .setOut(new PrintWriter(said, true))
                .setErr(new PrintWriter(said, true))
                .execute(all.toArray(String[]::new));
        assertThat(code).as(said.toString()).isZero();
    }

    private void send(String... customIds) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (var customId : customIds) {
                producer.send(new ProducerRecord<>(
                                "llm.requests", """
                                {"custom_id":"%1$s","method":"POST","url":"/v1/chat/completions","body":\
                                {"model":"gpt-4o-mini","messages":[{"role":"user","content":"%1$s"}]}}""".formatted(customId).getBytes(UTF_8)))
                        .get();
            }
        }
    }

    private KafkaConsumer<byte[], byte[]> reader() {
        var reader = new KafkaConsumer<>(
                Map.<String, Object>of(
                        "bootstrap.servers", broker.bootstrapServers(),
                        "group.id", "reader",
                        "auto.offset.reset", "earliest",
                        "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        reader.subscribe(List.of("llm.results", "llm.audit"));
        return reader;
    }

    private List<JsonNode> results(KafkaConsumer<byte[], byte[]> reader) throws IOException {
        return of(reader, "llm.results");
    }

    private List<JsonNode> audits(KafkaConsumer<byte[], byte[]> reader) throws IOException {
        return of(reader, "llm.audit");
    }

    private List<JsonNode> of(KafkaConsumer<byte[], byte[]> reader, String topic) throws IOException {
        reader.poll(Duration.ofMillis(200)).forEach(read::add);
        var parsed = new ArrayList<JsonNode>();
        for (var record : read) {
            if (record.topic().equals(topic)) {
                parsed.add(JSON.readTree(record.value()));
            }
        }
        return parsed;
    }
}
