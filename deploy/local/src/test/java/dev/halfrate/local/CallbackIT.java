package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.codec.BatchProgress;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.FormatsConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.RegistryConfig;
import dev.halfrate.simulator.RegistryServer;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From requests to signed callbacks, over a real broker and real HTTP. */
@Tag("long")
class CallbackIT {
    private static final String SECRET =
            Base64.getEncoder().encodeToString("a secret of at least 24 bytes".getBytes(UTF_8));
    private static final int REQUESTS = 60;
    private static final Duration WITHIN = Duration.ofSeconds(120);

    @TempDir
    Path directory;

    private record Told(String id, JsonNode event) {}

    private final List<Told> told = new CopyOnWriteArrayList<>();
    private final List<String> forged = new CopyOnWriteArrayList<>();
    private final Set<String> failedOnce = ConcurrentHashMap.newKeySet();

    @Test
    void anEndpointIsToldWhatHappensSinceItsFirstStartAndNothingOfBefore() throws Exception {
        var receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/hook", this::receive);
        receiver.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        receiver.start();
        try (var broker = EmbeddedBroker.start(0, directory.resolve("broker"));
                var simulator = Simulator.start(
                        SimulatorConfig.defaults().withSpeed(120).withDataDirectory(directory))) {
            var dead = freePort();
            var callbacks = callbacks(receiver.getAddress().getPort(), dead);
            var mute = config(broker, simulator, "first", "");
            var telling = config(broker, simulator, "first", callbacks);

            try (var _ = Processor.start(mute, new SimpleMeterRegistry())) {
                send(broker, "history");
                awaitSettled(mute, REQUESTS);
            }

            var alike = config(broker, simulator, "alike", callbacks);
            try (var processor = Processor.start(telling, new SimpleMeterRegistry());
                    var other = Processor.start(alike, new SimpleMeterRegistry())) {
                await().atMost(WITHIN).until(() -> begun(telling));
                send(broker, "present");
                awaitTold(REQUESTS);
                awaitSettled(telling, 2 * REQUESTS); // for all that one endpoint is dead
                assertThat(processor.failure()).isNotDone();
                assertThat(other.failure()).isNotDone();
            }

            try (var _ = Processor.start(mute, new SimpleMeterRegistry())) {
                send(broker, "meanwhile");
                awaitSettled(mute, 3 * REQUESTS);
            }
            try (var _ = Processor.start(telling, new SimpleMeterRegistry())) {
                awaitTold(2 * REQUESTS);
            }
        } finally {
            receiver.stop(0);
        }
        assertThat(failedOnce).isNotEmpty();
        assertThat(events("result").map(event -> event.path("custom_id").asText()))
                .allMatch(id -> id.startsWith("present-") || id.startsWith("meanwhile-"));
        assertThat(events("result")).allMatch(event -> event.path("response").isNull());
        assertThat(forged).isEmpty();
    }

    @Test
    void topicsInAvroAreToldAlikeAndARegistryThatIsAwayLosesNothing() throws Exception {
        var receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/hook", this::receive);
        receiver.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        receiver.start();
        var meters = new SimpleMeterRegistry();
        try (var broker = EmbeddedBroker.start(0, directory.resolve("broker"));
                var registry = RegistryServer.start(0);
                var simulator = Simulator.start(
                        SimulatorConfig.defaults().withSpeed(120).withDataDirectory(directory))) {
            var config = config(
                            broker,
                            simulator,
                            "avro",
                            callbacks(receiver.getAddress().getPort(), freePort()))
                    .with(
                            RegistryConfig.at(registry.url()),
                            new FormatsConfig(FormatsConfig.AVRO, FormatsConfig.AVRO, Map.of()));
            try (var _ = Processor.start(config, meters)) {
                await().atMost(WITHIN).until(() -> begun(config));
                registry.stop();
                send(broker, "avro");
                await().atMost(WITHIN)
                        .until(() -> meters.get("halfrate.registry.failures")
                                        .counter()
                                        .count()
                                > 2);
                assertThat(told).isEmpty();

                registry.restart();

                awaitTold(REQUESTS);
            }
        } finally {
            receiver.stop(0);
        }
        assertThat(forged).isEmpty();
    }

    private void awaitTold(int requests) {
        await().atMost(WITHIN).untilAsserted(() -> {
            assertThat(events("result")
                            .map(event -> event.path("custom_id").asText())
                            .distinct())
                    .hasSize(requests);
            assertThat(events("batch.settled")
                            .mapToInt(event -> event.path("succeeded").asInt())
                            .sum())
                    .isEqualTo(requests);
        });
    }

    /** @return data of the events of a type, each once */
    private Stream<JsonNode> events(String type) {
        var events = new LinkedHashMap<String, JsonNode>();
        told.forEach(each -> events.putIfAbsent(each.id, each.event));
        return events.values().stream()
                .filter(event -> event.path("type").asText().equals(type))
                .map(event -> event.path("data"));
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            var headers = exchange.getRequestHeaders();
            var id = headers.getFirst("webhook-id");
            var body = exchange.getRequestBody().readAllBytes();
            if (!headers.getFirst("webhook-signature")
                    .equals("v1," + signature(id + "." + headers.getFirst("webhook-timestamp") + ".", body))) {
                forged.add(id);
            }
            if (id.startsWith("settled-") && failedOnce.isEmpty()) {
                failedOnce.add(id);
                exchange.sendResponseHeaders(500, -1);
            } else {
                told.add(new Told(id, new ObjectMapper().readTree(body)));
                exchange.sendResponseHeaders(204, -1);
            }
        }
    }

    private static String signature(String before, byte[] body) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(SECRET), "HmacSHA256"));
            mac.update(before.getBytes(UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static void send(EmbeddedBroker broker, String name) {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker.bootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
            for (var i = 0; i < REQUESTS; i++) {
                var _ = producer.send(new ProducerRecord<>("llm.requests", """
                        {"custom_id": "%s-%d", "method": "POST", "url": "/v1/chat/completions", "body": \
                        {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "2+2?"}]}}""".formatted(name, i)));
            }
        }
    }

    private static void awaitSettled(HalfrateConfig config, int requests) {
        await().atMost(WITHIN).until(() -> settled(config) == requests);
    }

    private static int settled(HalfrateConfig config) throws ExecutionException, InterruptedException {
        var reader = new Object() {
            private int requests;
        };
        try (var feeds = new PublicFeeds(config)) {
            feeds.drain(new PublicFeeds.Reader() {
                @Override
                public void result(Result result, byte[] value) {}

                @Override
                public void deadLetter(DeadLetter letter) {}

                @Override
                public void batch(BatchProgress progress) {
                    reader.requests += progress.state().equals("settled") ? progress.succeeded() : 0;
                }
            });
        }
        return reader.requests;
    }

    /** @return whether both endpoints' groups know where they begin */
    private static boolean begun(HalfrateConfig config) throws ExecutionException, InterruptedException {
        try (var admin = Admin.create(new HashMap<String, Object>(config.kafka()))) {
            for (var callback : config.callbacks()) {
                var offsets = admin.listConsumerGroupOffsets(config.callbackGroup(callback))
                        .partitionsToOffsetAndMetadata()
                        .get();
                if (offsets.isEmpty()) {
                    return false;
                }
            }
            return true;
        }
    }

    private String callbacks(int port, int dead) {
        return """
                callbacks:
                  - name: receiver
                    url: http://127.0.0.1:%d/hook
                    secrets: [{env: CALLBACK_SECRET}]
                    events: [batch.settled, result]
                    allow-private: true
                  - {name: dead, url: "http://127.0.0.1:%d/", secrets: [{env: CALLBACK_SECRET}], allow-private: true}
                """.formatted(port, dead);
    }

    private HalfrateConfig config(EmbeddedBroker broker, Simulator simulator, String process, String callbacks) {
        return ConfigFile.parse(
                """
                state-dir: %s
                kafka: {bootstrap.servers: "%s"}
                topics: {partitions: 2, replication-factor: 1}
                accounts:
                  - {name: main, base-url: "%s", key: {env: KEY}}
                lanes: {requests-max: 20, age-max: 1s}
                ledger: {poll-delays: [200ms]}
                %s
                """.formatted(directory.resolve(process), broker.bootstrapServers(), simulator.baseUrl(), callbacks),
                Map.of("KEY", "sk-test", "CALLBACK_SECRET", "whsec_" + SECRET));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
