package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Cancels;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

/** Requests that do not wait until their batch has ended, with a real broker and a vendor that keeps a book. */
@Tag("long")
class RoutingIT {
    private static final Duration PATIENCE = Duration.ofSeconds(150);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<JsonNode> results = new ArrayList<>();
    private EmbeddedBroker broker;
    private Simulator simulator;
    private HalfrateConfig config;
    private KafkaConsumer<byte[], byte[]> reader;

    @BeforeEach
    void start() throws IOException {
        broker = EmbeddedBroker.start(0, directory.resolve("broker"));
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(600).withDataDirectory(directory.resolve("vendor")));
        Files.writeString(directory.resolve("key"), "sk-local");
        config = ConfigFile.parse("""
                state-dir: %1$s/state
                kafka: {bootstrap.servers: "%2$s"}
                topics: {partitions: 2, replication-factor: 1}
                accounts:
                  - {name: main, base-url: %3$s, key: {file: %1$s/key}}
                lanes: {age-max: 500ms}
                ledger: {poll-delays: [500ms], hedge-margin: 2s}
                """.formatted(directory, broker.bootstrapServers(), simulator.baseUrl()));
        reader = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrapServers(),
                        "group.id",
                        "reader",
                        "auto.offset.reset",
                        "earliest",
                        "isolation.level",
                        "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        reader.subscribe(List.of("llm.results"));
    }

    @AfterEach
    void stop() {
        reader.close();
        simulator.close();
        broker.close();
    }

    @Test
    void whatIsSentAtOnceIsAnsweredWithoutABatchInTheSameForm() throws Exception {
        // Given a vendor whose batches never end
        habits("{\"slowdown\": 1000}");
        try (var _ = Processor.start(config, meters)) {
            // When
            send("now", 20, Map.of("halfrate-mode", "sync"));
            send("later", 5, Map.of());

            // Then
            await().atMost(PATIENCE).until(() -> answered() == 20);
            assertThat(results).allSatisfy(result -> {
                assertThat(result.get("custom_id").asText()).startsWith("now-");
                assertThat(result.get("status").asText()).isEqualTo("succeeded");
                assertThat(result.get("account").asText()).isEqualTo("main");
                assertThat(result.get("http_status").asInt()).isEqualTo(200);
                assertThat(result.get("response").get("choices")).hasSize(1);
                assertThat(result.get("batch_id").asText()).startsWith("b-");
                assertThat(result.get("remote_batch_id").asText("")).isEmpty();
            });
            assertThat(simulator.billingBook().summary().callsBilled()).isEqualTo(20);
            assertThat(simulator.billingBook().summary().contentsBilledMoreThanOnce())
                    .isZero();
        }
    }

    @Test
    void whatABatchIsTooSlowForIsSentAloneAndAnsweredOnce() throws Exception {
        try (var _ = Processor.start(config, meters)) {
            // Given a lane whose batches were fast so far, and a vendor who is slow from now on
            send("before", 1, Map.of());
            await().atMost(PATIENCE).until(() -> answered() == 1);
            results.clear();
            habits("{\"slowdown\": 60}");

            // When
            send("hurried", 6, Map.of("halfrate-mode", "auto", "halfrate-deadline", "12s"));
            send("patient", 4, Map.of("halfrate-mode", "auto"));

            // Then
            await().atMost(PATIENCE).until(() -> answered() == 6);
            assertThat(results)
                    .allSatisfy(result ->
                            assertThat(result.get("custom_id").asText()).startsWith("hurried-"));
            assertThat(gauge("halfrate.exposure", "reason", "hedged")).isEqualTo(6);

            // When the batch ends after all
            await().atMost(PATIENCE).until(() -> answered() == 10);

            // Then nothing is answered twice, and what was paid for twice is shown
            assertThat(results)
                    .extracting(result -> result.get("custom_id").asText())
                    .doesNotHaveDuplicates();
            assertThat(simulator.billingBook().summary().contentsBilledMoreThanOnce())
                    .isEqualTo(6);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(gauge("halfrate.late_lines")).isEqualTo(6));
        }
    }

    @Test
    void whatIsCancelledEndsAtOnceAndTheOthersAreAnswered() throws Exception {
        habits("{\"slowdown\": 15}");
        try (var _ = Processor.start(config, meters);
                var cancels = Cancels.open(config)) {
            // Given requests that a vendor works on
            send("a", 6, Map.of());
            await().atMost(PATIENCE).until(() -> gauge("halfrate.batches", "state", "running") == 1);

            // When
            cancels.send("llm.requests", "", List.of("a-0", "a-1", "a-2", "nobody's"));

            // Then
            await().atMost(PATIENCE).until(() -> answered() == 3);
            assertThat(results)
                    .extracting(
                            result -> result.get("status").asText(),
                            result -> result.get("error").get("code").asText())
                    .containsOnly(tuple("cancelled", "cancelled"));
            await().atMost(PATIENCE).until(() -> answered() == 6);
            assertThat(results.subList(3, 6))
                    .allSatisfy(
                            result -> assertThat(result.get("status").asText()).isEqualTo("succeeded"));
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(gauge("halfrate.late_lines")).isEqualTo(3));

            // When an id is sent again after that, it is a new request
            results.clear();
            habits("{\"slowdown\": 1}");
            send("a", 1, Map.of());
            await().atMost(PATIENCE).until(() -> answered() == 1);
            assertThat(results.getFirst().get("status").asText()).isEqualTo("succeeded");
        }
    }

    private double gauge(String name, String... tags) {
        return meters.get(name).tags(tags).gauge().value();
    }

    private int answered() throws IOException {
        for (var entry : reader.poll(Duration.ofMillis(200))) {
            results.add(JSON.readTree(entry.value()));
        }
        return results.size();
    }

    private void habits(String habits) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(simulator.baseUrl().resolve("/control/habits"))
                    .PUT(BodyPublishers.ofString(habits))
                    .build();
            assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        }
    }

    private void send(String name, int requests, Map<String, String> headers) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (var request = 0; request < requests; request++) {
                var line = """
                        {"custom_id": "%1$s-%2$d", "method": "POST", "url": "/v1/chat/completions", "body": \
                        {"model": "gpt-4o", "messages": [{"role": "user", "content": "question %1$s %2$d"}]}}""".formatted(name, request);
                var entry = new ProducerRecord<byte[], byte[]>("llm.requests", line.getBytes(UTF_8));
                headers.forEach((key, value) -> entry.headers().add(key, value.getBytes(UTF_8)));
                producer.send(entry).get();
            }
        }
    }
}
