package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.config.TracingConfig;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a producer's trace to the result's, over a real broker and a receiver of OTLP. */
class TracingIT {
    private static final Duration WITHIN = Duration.ofSeconds(120);
    private static final String MARKER = "MARKER-of-a-prompt";
    private static final String TOKEN = "Bearer MARKER-of-a-key";
    private static final String PRODUCER_SPAN = "b7ad6b7169203331";
    private static final List<String> SAMPLED = List.of("id-batched-1", "id-batched-2", "id-at-once", "id-rejected");

    @TempDir
    Path directory;

    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final List<String> bytes = new CopyOnWriteArrayList<>();
    private final List<String> tokens = new CopyOnWriteArrayList<>();

    @Test
    void aSampledRequestHasOneSpanFromItsProducersToItsResults() throws Exception {
        var receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/v1/traces", this::receive);
        receiver.start();
        Map<String, ConsumerRecord<String, String>> results;
        try (var broker = EmbeddedBroker.start(0, directory.resolve("broker"));
                var simulator = simulator();
                var _ = Processor.start(
                        config(broker, simulator, receiver.getAddress().getPort()), new SimpleMeterRegistry())) {
            try (var producer = producer(broker)) {
                var _ = producer.send(
                        request("id-batched-1", "/v1/chat/completions", traceparent("id-batched-1", "01")));
                var _ = producer.send(
                        request("id-batched-2", "/v1/chat/completions", traceparent("id-batched-2", "01")));
                var _ = producer.send(
                        request("id-not-sampled", "/v1/chat/completions", traceparent("id-not-sampled", "00")));
                var _ = producer.send(request("id-no-trace", "/v1/chat/completions", null));
                var _ = producer.send(request("id-rejected", "/v1/nothing", traceparent("id-rejected", "01")));
                var atOnce = request("id-at-once", "/v1/chat/completions", traceparent("id-at-once", "01"));
                atOnce.headers().add("halfrate-mode", "sync".getBytes(UTF_8));
                var _ = producer.send(atOnce);
                var _ = producer.send(new ProducerRecord<>(
                        "llm.requests",
                        null,
                        null,
                        null,
                        MARKER + " is no request",
                        List.of(header("traceparent", traceparent("id-buried", "01")))));
            }
            results = results(broker, 6);
            await().atMost(WITHIN)
                    .until(() -> requests().count() >= SAMPLED.size() + 1
                            && spans.stream().anyMatch(span -> span.getName().equals("halfrate batch")));
        } finally {
            receiver.stop(0);
        }

        assertThat(requests().map(span -> hex(span.getTraceId().toByteArray())))
                .as("one span each, and none for others")
                .containsExactlyInAnyOrderElementsOf(Stream.concat(SAMPLED.stream(), Stream.of("id-buried"))
                        .map(TracingIT::traceId)
                        .toList());
        assertThat(requests())
                .allSatisfy(span ->
                        assertThat(hex(span.getParentSpanId().toByteArray())).isEqualTo(PRODUCER_SPAN));
        for (var id : SAMPLED) {
            assertThat(traceparent(results, id))
                    .as(id)
                    .contains("00-%s-%s-01"
                            .formatted(traceId(id), hex(request(id).getSpanId().toByteArray())));
        }
        assertThat(traceparent(results, "id-not-sampled")).contains(traceparent("id-not-sampled", "00"));
        assertThat(traceparent(results, "id-no-trace")).isEmpty();
        assertThat(below("id-batched-1"))
                .containsExactlyInAnyOrder("halfrate window", "halfrate submit", "halfrate vendor", "halfrate collect");
        assertThat(below("id-at-once")).containsExactlyInAnyOrder("halfrate window", "halfrate call");
        assertThat(below("id-rejected")).isEmpty();
        assertThat(request("id-batched-1").getLinks(0).getTraceId())
                .isIn(spans.stream()
                        .filter(span -> span.getName().equals("halfrate batch"))
                        .map(Span::getTraceId)
                        .toList());
        assertThat(spans).extracting(Span::getName).contains("halfrate spool", "halfrate create", "halfrate run");
        assertThat(String.join("", bytes))
                .contains("gpt-4o-mini")
                .doesNotContain("MARKER")
                .doesNotContain(SAMPLED);
        assertThat(tokens).isNotEmpty().containsOnly(TOKEN);
    }

    @Test
    void aReceiverThatIsAwayCostsNoResult() throws Exception {
        int free;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        var meters = new SimpleMeterRegistry();
        try (var broker = EmbeddedBroker.start(0, directory.resolve("broker"));
                var simulator = simulator();
                var processor = Processor.start(config(broker, simulator, free), meters)) {
            try (var producer = producer(broker)) {
                for (var id : SAMPLED) {
                    var _ = producer.send(request(id, "/v1/chat/completions", traceparent(id, "01")));
                }
            }

            assertThat(results(broker, SAMPLED.size())).containsOnlyKeys(SAMPLED);
            await().atMost(WITHIN)
                    .until(() -> meters.get("halfrate.spans.dropped").counter().count() >= SAMPLED.size());
            assertThat(processor.failure()).isNotDone();
        }
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            var gzip = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
            var body = exchange.getRequestBody();
            var decoded = (gzip ? new GZIPInputStream(body) : body).readAllBytes();
            tokens.add(exchange.getRequestHeaders().getFirst("Authorization"));
            bytes.add(new String(decoded, ISO_8859_1));
            ExportTraceServiceRequest.parseFrom(decoded).getResourceSpansList().stream()
                    .flatMap(resource -> resource.getScopeSpansList().stream())
                    .forEach(scope -> spans.addAll(scope.getSpansList()));
            exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private Simulator simulator() throws IOException {
        return Simulator.start(SimulatorConfig.defaults().withSpeed(120).withDataDirectory(directory));
    }

    private HalfrateConfig config(EmbeddedBroker broker, Simulator simulator, int port) {
        return LocalSettings.config(
                        broker.bootstrapServers(), simulator.baseUrl(), directory.resolve("state"), Upstream.OPENAI)
                .with(new TracingConfig(
                        "http://127.0.0.1:%d/v1/traces".formatted(port),
                        Map.of("Authorization", new Secret(TOKEN)),
                        0,
                        "halfrate",
                        false));
    }

    private static KafkaProducer<String, String> producer(EmbeddedBroker broker) {
        return new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker.bootstrapServers()),
                new StringSerializer(),
                new StringSerializer());
    }

    private static ProducerRecord<String, String> request(String id, String url, @Nullable String traceparent) {
        var record = new ProducerRecord<String, String>("llm.requests", """
                {"custom_id": "%s", "method": "POST", "url": "%s", "body": \
                {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "%s"}]}}""".formatted(id, url, MARKER));
        if (traceparent != null) {
            record.headers().add("traceparent", traceparent.getBytes(UTF_8));
        }
        return record;
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(UTF_8));
    }

    private static Map<String, ConsumerRecord<String, String>> results(EmbeddedBroker broker, int count) {
        var results = new HashMap<String, ConsumerRecord<String, String>>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of(
                        "bootstrap.servers", broker.bootstrapServers(),
                        "group.id", "tracing",
                        "auto.offset.reset", "earliest",
                        "isolation.level", "read_committed"),
                new StringDeserializer(),
                new StringDeserializer())) {
            consumer.subscribe(List.of("llm.results"));
            await().atMost(WITHIN).until(() -> {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> results.put(record.key(), record));
                return results.size() >= count;
            });
        }
        return results;
    }

    private static Optional<String> traceparent(Map<String, ConsumerRecord<String, String>> results, String id) {
        return Optional.ofNullable(requireNonNull(results.get(id)).headers().lastHeader("traceparent"))
                .map(header -> new String(header.value(), UTF_8));
    }

    private static String traceparent(String id, String flags) {
        return "00-%s-%s-%s".formatted(traceId(id), PRODUCER_SPAN, flags);
    }

    private static String traceId(String id) {
        return "%032x".formatted(Integer.toUnsignedLong(id.hashCode()) + 1);
    }

    private Stream<Span> requests() {
        return spans.stream().filter(span -> span.getName().equals("halfrate request"));
    }

    private Span request(String id) {
        return requests()
                .filter(span -> hex(span.getTraceId().toByteArray()).equals(traceId(id)))
                .findFirst()
                .orElseThrow();
    }

    private List<String> below(String id) {
        var parent = request(id);
        return spans.stream()
                .filter(span -> span.getTraceId().equals(parent.getTraceId())
                        && span.getParentSpanId().equals(parent.getSpanId()))
                .map(Span::getName)
                .toList();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
