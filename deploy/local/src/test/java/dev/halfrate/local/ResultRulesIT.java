package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

/** Moods as JSON, from a vendor whose model often does not write JSON though it was told to. */
@Tag("long")
class ResultRulesIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int REQUESTS = 60;
    private static final int ATTEMPTS_MAX = 3;
    private static final long INPUT_PICOS = 75_000;
    private static final long OUTPUT_PICOS = 300_000;
    private static final String ODD_OUTPUTS = "{\"odd_outputs\": 0.4}";

    @TempDir
    Path directory;

    private final Map<String, List<ConsumerRecord<byte[], byte[]>>> results = new HashMap<>();
    private EmbeddedBroker broker;
    private Simulator simulator;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.start(0, directory.resolve("broker"));
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(600).withDataDirectory(directory.resolve("vendor")));
        Files.writeString(directory.resolve("key"), "sk-local");
        try (var http = HttpClient.newHttpClient()) {
            var habits = HttpRequest.newBuilder(simulator.baseUrl().resolve("/control/habits"))
                    .PUT(BodyPublishers.ofString(ODD_OUTPUTS))
                    .build();
            assertThat(http.send(habits, BodyHandlers.discarding()).statusCode())
                    .isEqualTo(200);
        }
    }

    @AfterEach
    void stop() {
        simulator.close();
        broker.close();
    }

    @Test
    void answersThatDoNotFitAreAskedForAgainAndEachRequestHasOneResult() throws Exception {
        // When
        try (var _ = Processor.start(config(), new SimpleMeterRegistry());
                var reader = reader()) {
            send();
            await().atMost(PATIENCE).until(() -> answered(reader) == 2 * REQUESTS);
        }

        // Then
        assertThat(results.keySet()).containsExactlyInAnyOrder("llm.results", "shop.moods");
        assertThat(parsed("llm.results")).hasSize(REQUESTS).allSatisfy(result -> {
            assertThat(result.get("custom_id").asText()).startsWith("plain-");
            assertThat(result.get("output_json").isNull()).isTrue();
        });
        var moods = parsed("shop.moods");
        assertThat(moods).hasSize(REQUESTS).allSatisfy(result -> {
            assertThat(result.get("custom_id").asText()).startsWith("mood-");
            assertThat(result.at("/metadata/order").asText()).startsWith("order-");
            assertThat(result.get("metadata")).hasSize(1);
            if (result.get("status").asText().equals("succeeded")) {
                assertThat(result.at("/output_json/mood").asText()).isIn("good", "bad");
            } else {
                assertThat(result.at("/error/code").asText()).isEqualTo("output_invalid");
                assertThat(result.get("attempts").asInt()).isEqualTo(ATTEMPTS_MAX);
                assertThat(result.get("response").isObject()).isTrue();
            }
            assertThat(result.get("retried_usd").decimalValue().signum())
                    .isEqualTo(result.get("attempts").asInt() > 1 ? 1 : 0);
        });
        assertThat(moods)
                .anySatisfy(result -> assertThat(result.get("attempts").asInt()).isGreaterThan(1));
        assertThat(results.get("shop.moods"))
                .allSatisfy(received -> assertThat(new String(
                                received.headers().lastHeader("x-shop").value(), UTF_8))
                        .isEqualTo("mügs"));
        assertThat(paid()).isEqualByComparingTo(charged());
    }

    /** What the results say, with what was tried again. */
    private BigDecimal paid() {
        return results.keySet().stream()
                .flatMap(topic -> parsed(topic).stream())
                .map(result -> result.at("/cost/usd")
                        .decimalValue()
                        .add(result.get("retried_usd").decimalValue()))
                .reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    /** What the vendor's book says, at gpt-4o-mini's prices in a batch. */
    private BigDecimal charged() {
        var picos = simulator.billingBook().entries().stream()
                .mapToLong(billed -> billed.inputTokens() * INPUT_PICOS + billed.outputTokens() * OUTPUT_PICOS)
                .sum();
        return BigDecimal.valueOf(picos, 12);
    }

    private HalfrateConfig config() throws IOException {
        var file = Files.writeString(directory.resolve("halfrate.yaml"), """
                state-dir: %1$s/state
                kafka: {bootstrap.servers: "%2$s"}
                topics: {partitions: 2, replication-factor: 1}
                requests: {echo-headers: [x-shop], echo-metadata: [order]}
                accounts:
                  - {name: main, base-url: %3$s, key: {file: %1$s/key}}
                lanes: {age-max: 500ms}
                ledger: {poll-delays: [500ms], item-retry-delays: [500ms]}
                results:
                  - name: moods
                    tags: [shop]
                    to: shop.moods
                    extract: json
                    schema:
                      type: object
                      required: [mood]
                      properties: {mood: {enum: [good, bad]}}
                """.formatted(
                        directory, broker.bootstrapServers(), simulator.baseUrl()));
        return ConfigFile.load(file);
    }

    private void send() throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (var i = 0; i < REQUESTS; i++) {
                var plain = new ProducerRecord<byte[], byte[]>(
                        "llm.requests", line("plain-" + i, "").getBytes(UTF_8));
                producer.send(plain).get();
                var mood = new ProducerRecord<byte[], byte[]>(
                        "llm.requests", line("mood-" + i, """
                                ,"metadata":{"order":"order-%d","user":"u"},"response_format":{"type":"json_schema","json_schema":\
                                {"name":"mood","schema":{"type":"object","properties":{"mood":{"enum":["good","bad"]}}}}}""".formatted(i)).getBytes(UTF_8));
                mood.headers().add("halfrate-tag", "shop".getBytes(UTF_8)).add("x-shop", "mügs".getBytes(UTF_8));
                producer.send(mood).get();
            }
        }
    }

    private static String line(String customId, String more) {
        return """
                {"custom_id":"%1$s","method":"POST","url":"/v1/chat/completions","body":\
                {"model":"gpt-4o-mini","messages":[{"role":"user","content":"%1$s"}]%2$s}}""".formatted(customId, more);
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
        reader.subscribe(List.of("llm.results", "shop.moods"));
        return reader;
    }

    private int answered(KafkaConsumer<byte[], byte[]> reader) {
        reader.poll(Duration.ofMillis(100))
                .forEach(received -> results.computeIfAbsent(received.topic(), _ -> new ArrayList<>())
                        .add(received));
        return results.values().stream().mapToInt(List::size).sum();
    }

    private List<JsonNode> parsed(String topic) {
        return results.getOrDefault(topic, List.of()).stream()
                .map(ConsumerRecord::value)
                .map(value -> {
                    try {
                        return JSON.readTree(value);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
    }
}
