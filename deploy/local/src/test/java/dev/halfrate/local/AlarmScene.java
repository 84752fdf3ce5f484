package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.Service;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A broker, a process, and vendors of whom each account has its own, to get into trouble in many ways at the same time. */
final class AlarmScene implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final double FAST = 600;
    private static final ObjectMapper JSON = new ObjectMapper();

    final HeardLog log = new HeardLog();
    final EmbeddedBroker broker;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Path directory;
    private final HttpClient http = HttpClient.newHttpClient();
    private final Map<String, Simulator> vendors = new HashMap<>();
    private final int adminPort;
    private int writes;

    AlarmScene(Path directory) throws IOException {
        this.directory = directory;
        broker = EmbeddedBroker.start(0, directory.resolve("broker"));
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        adminPort = freePort();
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /**
     * @param more lines of the account's own, indented as they are
     * @return the account's lines of the configuration; its models begin with gpt- and its name
     */
    String account(String name, String more) throws IOException {
        return account(name, "['gpt-%s*']".formatted(name), more);
    }

    String account(String name, String models, String more) throws IOException {
        Files.writeString(directory.resolve(name), "one@acme");
        return """
                  - {name: %1$s, base-url: %2$s, key: {file: %3$s/%1$s}, models: %4$s%5$s}
                """.formatted(name, vendor(name).baseUrl(), directory, models, more.isEmpty() ? "" : ", " + more);
    }

    Simulator vendor(String account) {
        return vendor(account, FAST);
    }

    /** Before its account, if it is to be slower than others. */
    Simulator vendor(String account, double speed) {
        return vendors.computeIfAbsent(
                account,
                name -> Simulator.start(SimulatorConfig.defaults()
                        .withSpeed(speed)
                        .withDataDirectory(directory.resolve("vendor-" + name))));
    }

    /** Faster than a file system's clock may tick. */
    void key(String account, String key) throws IOException {
        var file = Files.writeString(directory.resolve(account), key);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(++writes)));
    }

    HalfrateConfig config(String accounts, String rest) throws IOException {
        var file = Files.writeString(directory.resolve("halfrate.yaml"), """
                state-dir: %s/state
                kafka: {bootstrap.servers: "%s"}
                topics: {partitions: 2, replication-factor: 1}
                admin: {port: %d}
                accounts:
                %s
                %s
                """.formatted(
                        directory, broker.bootstrapServers(), adminPort, accounts, rest));
        return ConfigFile.load(file);
    }

    /** @return a process that is ready */
    Service start(HalfrateConfig config) throws InterruptedException {
        var service = Service.start(config, Set.of());
        await().atMost(PATIENCE).until(() -> get("/readyz").statusCode() == 200);
        return service;
    }

    Scrape scrape() throws IOException, InterruptedException {
        return scrape("a", adminPort);
    }

    Scrape scrape(String instance, int port) throws IOException, InterruptedException {
        try {
            var answer = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/metrics".formatted(port)))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            return Scrape.of(instance, answer.body());
        } catch (ConnectException _) {
            return Scrape.failed(instance);
        }
    }

    /** @return the first scrape that is so */
    Scrape awaitScrape(String what, Predicate<Scrape> so) {
        return await().alias(what).atMost(PATIENCE).until(this::scrape, so);
    }

    void send(String customId, String model) {
        send(customId, model, Instant.now());
    }

    void send(String customId, String model, Instant at) {
        var line = """
                {"custom_id": "%1$s", "method": "POST", "url": "/v1/chat/completions", "body": \
                {"model": "%2$s", "max_tokens": 16, "messages": [{"role": "user", "content": "question %1$s"}]}}""".formatted(customId, model);
        send(new ProducerRecord<>("llm.requests", 0, at.toEpochMilli(), null, line.getBytes(UTF_8), List.of()));
    }

    void sendMessage(String customId) {
        var request = """
                {"custom_id": "%s", "params": {"model": "claude-haiku-4-5", "max_tokens": 9, \
                "messages": [{"role": "user", "content": "q"}]}}""".formatted(customId);
        send(new ProducerRecord<>("llm.requests", request.getBytes(UTF_8)));
    }

    /** What does not arrive is missed by those who wait for it. */
    void send(ProducerRecord<byte[], byte[]> sent) {
        var _ = producer.send(sent);
    }

    /** What an operator asks the process. */
    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(adminPort, path)))
                        .build(),
                BodyHandlers.ofString());
    }

    JsonNode json(String path) throws IOException, InterruptedException {
        return JSON.readTree(get(path).body());
    }

    /** What an operator wants of the process. */
    void post(String path, String body) throws IOException, InterruptedException {
        var answer = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(adminPort, path)))
                        .header("Content-Type", "application/json")
                        .header("X-Halfrate-Csrf", "1")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    }

    /** What an account's vendor is told to do. */
    void vendor(String account, String method, String what, String body) throws IOException, InterruptedException {
        var answer = http.send(
                HttpRequest.newBuilder(vendor(account).baseUrl().resolve("/control/" + what))
                        .method(method, BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    }

    /** @param behaviour as of the simulator's control API, without method and path */
    void fault(String account, String method, String path, String behaviour) throws IOException, InterruptedException {
        vendor(
                account,
                "POST",
                "faults",
                "{\"method\": \"%s\", \"path\": \"%s\", %s}".formatted(method, path, behaviour));
    }

    Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    void assertFiresAndEnds(String alert, String labels, Scrape before, Scrape during, Scrape after) throws Exception {
        AlertRules.assertFiresAndEnds(directory, alert, labels, before, during, after);
    }

    @Override
    public void close() {
        producer.close(Duration.ZERO);
        http.close();
        vendors.values().forEach(Simulator::close);
        broker.close();
        log.close();
    }
}
