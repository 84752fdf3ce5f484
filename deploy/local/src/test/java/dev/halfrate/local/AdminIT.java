package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.Service;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import java.io.IOException;
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
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators see of two processes, whichever they ask. */
class AdminIT {
    private static final String TOKEN = "0123456789012345678901234567890123456789";
    private static final String PROMPT = "a prompt that is nobody's business";
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int REQUESTS = 40;

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private EmbeddedBroker broker;
    private Simulator simulator;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.start(0, directory.resolve("broker"));
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(120).withDataDirectory(directory.resolve("vendor")));
        Files.writeString(directory.resolve("key"), "sk-CANARY");
        Files.writeString(directory.resolve("token"), TOKEN);
    }

    @AfterEach
    void stop() {
        simulator.close();
        broker.close();
        http.close();
    }

    private HalfrateConfig config(String process, int port) {
        return ConfigFile.parse(
                """
                state-dir: %1$s/%4$s
                kafka: {bootstrap.servers: "%2$s"}
                topics: {partitions: 4, replication-factor: 1}
                accounts:
                  - {name: one, models: ["gpt-4o"], base-url: %3$s, key: {file: %1$s/key}}
                  - {name: two, models: ["gpt-4o-mini"], base-url: %3$s, key: {file: %1$s/key}}
                  - {name: three, models: ["gpt-4.1"], base-url: %3$s, key: {file: %1$s/key}}
                lanes: {requests-max: 10, age-max: 1h, batches-in-flight-max: 2}
                ledger: {poll-delays: [500ms]}
                admin:
                  port: %5$d
                  advertised: 127.0.0.1:%5$d
                  tokens: [{name: reader, role: read, token: {file: %1$s/token}}]
                """.formatted(directory, broker.bootstrapServers(), simulator.baseUrl(), process, port));
    }

    @Test
    void twoProcessesShowTheSameOfAllTheWork() throws Exception {
        var ports = freePorts();
        try (var one = Service.start(config("one", ports[0]), Set.of());
                var two = Service.start(config("two", ports[1]), Set.of())) {
            // Given a vendor who takes his time, and work for both
            awaitReady(one, two);
            control("PUT", "habits", "{\"slowdown\": 50}");
            for (var number = 0; number < REQUESTS; number++) {
                send("one-" + number, "gpt-4o");
                send("two-" + number, "gpt-4o-mini");
                send("three/" + number, "gpt-4.1");
            }

            // Then both have the same batches, whoever owns them
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(running(one)).hasSize(6);
                assertThat(running(two)).isEqualTo(running(one));
                assertThat(json(one, "/api/lanes").path("lanes").findValuesAsText("waiting"))
                        .containsExactly("20", "20", "20");
            });
            var batch = running(one).iterator().next();
            assertThat(json(two, "/api/batches/" + batch).at("/batch/requests").asInt())
                    .isEqualTo(10);
            assertThat(json(one, "/api/accounts")
                            .at("/accounts/0/batches/running")
                            .asInt())
                    .isEqualTo(2);
            assertThat(json(two, "/api/doubts").path("doubts")).isEmpty();
            var status = json(two, "/api/status");
            assertThat(status.at("/status/processes").asInt()).isEqualTo(2);
            assertThat(status.at("/all_lanes/totals/accepted").asInt()).isEqualTo(3 * REQUESTS);

            // And each finds every request: in its batch, or waiting for its turn
            for (var service : new Service[] {one, two}) {
                for (var id : new String[] {"one-3", "two-3", "three%2F3"}) {
                    var places = json(service, "/api/requests/" + id);
                    assertThat(places.path("unanswered")).as(places.toString()).isEmpty();
                    assertThat(places.path("places")).as(places.toString()).hasSize(1);
                    assertThat(places.at("/places/0/sighting/place").asText()).isEqualTo("in_batch");
                    assertThat(places.at("/places/0/sighting/item").asInt()).isEqualTo(3);
                    assertThat(places.at("/places/0/batch/state").asText()).isEqualTo("running");
                }
                var last = json(service, "/api/requests/two-39");
                assertThat(last.at("/places/0/sighting/place").asText()).isEqualTo("waiting");
                assertThat(last.at("/places/0/sighting/lane").asText())
                        .isEqualTo("two/gpt-4o-mini/v1/chat/completions");
                assertThat(json(service, "/api/requests/nobody").path("places")).isEmpty();
            }

            // When the vendor is done with them, and hurries from now on
            control("PUT", "habits", "{\"slowdown\": 1}");
            control("POST", "clock", "{\"advance_seconds\": 61200}");
            await().atMost(PATIENCE)
                    .until(() ->
                            json(one, "/api/money").at("/report/total/answers").asInt() == 3 * REQUESTS);

            // Then
            assertThat(json(two, "/api/money").at("/report/total/paid_usd").decimalValue())
                    .isPositive();
            assertThat(json(two, "/api/batches?state=settled&account=one").path("batches"))
                    .hasSizeGreaterThanOrEqualTo(4);
            assertThat(json(one, "/api/requests/one-3")
                            .at("/places/0/sighting/place")
                            .asText())
                    .isEqualTo("succeeded");
            metricsAreThere(one);
            nothingIsTold(one);
        }
    }

    @Test
    void aProcessThatStartsIsAliveAndNotReady() throws Exception {
        // Given a cluster that is away
        var ports = freePorts();
        var config = config("one", ports[0]);
        broker.close();

        // When
        var starting = Thread.ofPlatform().start(() -> {
            try (var _ = Service.start(config, Set.of())) {
                throw new AssertionError("without Kafka");
            } catch (StartupException | InterruptedException _) {
                // As it should be.
            }
        });

        // Then
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> get(ports[0], "/healthz", "").statusCode() == 200);
        var ready = get(ports[0], "/readyz", "");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).contains("the process is starting");
        assertThat(get(ports[0], "/api/lanes", TOKEN).statusCode()).isEqualTo(503);
        starting.interrupt();
        starting.join(PATIENCE);
        assertThat(starting.isAlive()).isFalse();
    }

    private void awaitReady(Service... services) {
        for (var service : services) {
            await().atMost(PATIENCE)
                    .until(() -> get(service.adminPort(), "/readyz", "").statusCode() == 200);
        }
    }

    private Set<String> running(Service service) throws Exception {
        return Set.copyOf(
                json(service, "/api/batches?state=running").path("batches").findValuesAsText("batch_id"));
    }

    private void metricsAreThere(Service service) throws Exception {
        var metrics = get(service.adminPort(), "/metrics", TOKEN).body();
        assertThat(metrics)
                .contains("halfrate_requests_read_total ")
                .contains("halfrate_batches{state=\"settled\"}")
                .contains("halfrate_admin_requests_total{status=\"200\"}")
                .contains("jvm_memory_used_bytes")
                .contains("kafka_consumer_fetch_manager_records_lag_max")
                .contains("kafka_stream_");
        assertThat(get(service.adminPort(), "/metrics", "").statusCode()).isEqualTo(401);
        var documented = documented();
        var sample = Pattern.compile("(halfrate_[a-z_]+?)(?:_count|_sum|_max)?(?:[{](.*)[}])? [^ ]+");
        metrics.lines().filter(line -> line.startsWith("halfrate_")).forEach(line -> {
            var parts = sample.matcher(line);
            assertThat(parts.matches()).as(line).isTrue();
            var labels = parts.group(2) == null
                    ? Set.<String>of()
                    : Pattern.compile("([a-z_]+)=\"")
                            .matcher(parts.group(2))
                            .results()
                            .map(label -> label.group(1))
                            .collect(Collectors.toSet());
            assertThat(labels).as(line).isEqualTo(documented.get(parts.group(1)));
        });
    }

    /** Labels by name. */
    private static Map<String, Set<String>> documented() throws IOException {
        var row = Pattern.compile("\\| `halfrate[a-z_.]+` \\| `([a-z_]+)` \\| [a-z]+ \\| ([^|]*) \\|.*");
        return Files.readAllLines(Path.of("../../docs/metrics.md")).stream()
                .map(row::matcher)
                .filter(Matcher::matches)
                .collect(Collectors.toMap(
                        match -> match.group(1),
                        match -> Pattern.compile("[a-z_]+")
                                .matcher(match.group(2))
                                .results()
                                .map(MatchResult::group)
                                .collect(Collectors.toSet())));
    }

    private void nothingIsTold(Service service) throws Exception {
        for (var path : Set.of(
                "/metrics",
                "/api/status",
                "/api/accounts",
                "/api/lanes",
                "/api/batches",
                "/api/doubts",
                "/api/money",
                "/api/me",
                "/api/audit",
                "/api/requests/one-3",
                "/api/openapi.json")) {
            var answer = get(service.adminPort(), path, TOKEN);
            assertThat(answer.statusCode()).as(path).isEqualTo(200);
            assertThat(answer.body()).as(path).doesNotContain(PROMPT, "CANARY", TOKEN);
        }
    }

    private JsonNode json(Service service, String path) throws Exception {
        var answer = get(service.adminPort(), path, TOKEN);
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
        return new ObjectMapper().readTree(answer.body());
    }

    private HttpResponse<String> get(int port, String path, String token) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port, path)));
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private void control(String method, String what, String change) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(simulator.baseUrl().resolve("/control/" + what))
                .method(method, BodyPublishers.ofString(change))
                .build();
        assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }

    private void send(String customId, String model) throws Exception {
        var line = """
                {"custom_id": "%s", "method": "POST", "url": "/v1/chat/completions", "body": \
                {"model": "%s", "messages": [{"role": "user", "content": "%s"}]}}""".formatted(customId, model, PROMPT);
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>("llm.requests", 0, null, line.getBytes(UTF_8)))
                    .get();
        }
    }

    private static int[] freePorts() throws IOException {
        try (var one = new ServerSocket(0);
                var two = new ServerSocket(0)) {
            return new int[] {one.getLocalPort(), two.getLocalPort()};
        }
    }
}
