package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.config.HalfrateConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A vendor whose files are too large, odd and cut, and a topic that takes less than it did at the start. */
class HostileVendorIT {
    private static final List<Integer> ANSWER_BYTES = List.of(21 << 20, 2 << 20, 100);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    @Test
    @Tag("alarm:log-topic-too-small")
    @Tag("alarm:log-strange-lines")
    void largeAnswersComeInPartsStrangeLinesApartAndNothingIsLost() throws Exception {
        try (var broker = EmbeddedBroker.start(0, directory.resolve("broker"));
                var vendor = new Vendor();
                var log = new HeardLog()) {
            // Given
            var config = LocalSettings.config(broker.bootstrapServers(), vendor.url(), directory.resolve("state"));
            try (var processor = Processor.start(config, new SimpleMeterRegistry())) {
                lower(config, config.topics().results(), "1000000");
                lower(config, config.topics().resultParts(), "600000");

                // When
                for (var i = 0; i < ANSWER_BYTES.size(); i++) {
                    send(config, "request-" + i, ANSWER_BYTES.get(i));
                }

                // Then
                var results = new HashMap<String, Result>();
                read(config, config.topics().results(), ANSWER_BYTES.size()).forEach(received -> {
                    var result = ResultCodec.fromRecord(received);
                    assertThat(results.put(result.customId(), result)).isNull();
                });
                assertThat(results.values())
                        .hasSameSizeAs(ANSWER_BYTES)
                        .extracting(Result::status)
                        .containsOnly(Result.Status.SUCCEEDED);
                for (var i = 0; i < ANSWER_BYTES.size(); i++) {
                    var result = Objects.requireNonNull(results.get("request-" + i));
                    assertThat(body(config, result))
                            .isEqualTo(Vendor.answer(ANSWER_BYTES.get(i)).getBytes(UTF_8));
                    assertThat(result.responseParts() == null).isEqualTo(i == 2);
                }
                assertThat(read(config, config.topics().diagnostics(), 2))
                        .extracting(strange -> new String(strange.value(), UTF_8))
                        .contains("<html>", Vendor.FOREIGN);
                assertThat(vendor.bought)
                        .doesNotHaveDuplicates()
                        .containsExactlyInAnyOrderElementsOf(vendor.files.keySet());
                assertThat(vendor.ranges).anySatisfy(range -> assertThat(range).startsWith("bytes="));
                assertThat(processor.failure()).isNotDone();
                log.await("ERROR …: llm.results takes no record of the size that a result may have", PATIENCE);
                log.await("WARN …: … lines of its result files answer none of its requests", PATIENCE);
            }
        }
    }

    /** As the document says that a body in parts is put together. */
    private static byte[] body(HalfrateConfig config, Result result) throws Exception {
        var parts = result.responseParts();
        if (parts == null) {
            return Objects.requireNonNull(result.body());
        }
        var body = new ByteArrayOutputStream();
        try (var consumer = consumer(config)) {
            var partition = new TopicPartition(parts.topic(), parts.partition());
            consumer.assign(List.of(partition));
            consumer.seek(partition, parts.offsets().getFirst());
            while (consumer.position(partition) <= parts.offsets().getLast()) {
                for (var part : consumer.poll(Duration.ofMillis(100))) {
                    if (parts.offsets().contains(part.offset())) {
                        body.writeBytes(part.value());
                    }
                }
            }
        }
        assertThat((long) body.size()).isEqualTo(parts.bytes());
        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body.toByteArray())))
                .isEqualTo(parts.sha256());
        return body.toByteArray();
    }

    private static List<ConsumerRecord<byte[], byte[]>> read(HalfrateConfig config, String topic, int count) {
        var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        try (var consumer = consumer(config)) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            await().atMost(PATIENCE).until(() -> {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
                return records.size() >= count;
            });
        }
        return records;
    }

    private static KafkaConsumer<byte[], byte[]> consumer(HalfrateConfig config) {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put("isolation.level", "read_committed");
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static void send(HalfrateConfig config, String customId, int answerBytes) throws Exception {
        try (var producer =
                new KafkaProducer<>(Map.copyOf(config.kafka()), new ByteArraySerializer(), new ByteArraySerializer())) {
            var request = """
                    {"custom_id":"%s","method":"POST","url":"/v1/chat/completions","body":{"model":"m","seed":%d}}""".formatted(customId, answerBytes);
            producer.send(new ProducerRecord<>(config.topics().requests().getFirst(), 0, null, request.getBytes(UTF_8)))
                    .get();
        }
    }

    private static void lower(HalfrateConfig config, String topic, String bytes) throws Exception {
        try (var admin = Admin.create(Map.copyOf(config.kafka()))) {
            admin.incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.TOPIC, topic),
                            List.of(new AlterConfigOp(
                                    new ConfigEntry("max.message.bytes", bytes), AlterConfigOp.OpType.SET))))
                    .all()
                    .get();
        }
    }

    /** Answers every batch at once, with one file that it cuts the first time. */
    private static final class Vendor implements AutoCloseable {
        static final String FOREIGN =
                "{\"custom_id\":\"zzzzzzzz222222zz-000000\",\"response\":{\"status_code\":200,\"body\":{}}}";

        private final HttpServer server;
        private final Map<String, byte[]> files = new ConcurrentHashMap<>();
        private final Queue<String> bought = new ConcurrentLinkedQueue<>();
        private final List<String> ranges = new CopyOnWriteArrayList<>();

        Vendor() throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/v1/files", this::files);
            server.createContext("/v1/batches", this::batches);
            server.start();
        }

        URI url() {
            return URI.create(
                    "http://127.0.0.1:%d/v1".formatted(server.getAddress().getPort()));
        }

        /** Of letters that no compression makes fewer. */
        static String answer(int bytes) {
            var letters = new byte[bytes];
            new SplittableRandom(bytes).nextBytes(letters);
            for (var i = 0; i < bytes; i++) {
                letters[i] = (byte) ('A' + (letters[i] & 15));
            }
            return "\"" + new String(letters, UTF_8) + "\"";
        }

        private void files(HttpExchange exchange) throws IOException {
            try (exchange) {
                var path = exchange.getRequestURI().getPath();
                if (path.endsWith("/content")) {
                    content(exchange, Objects.requireNonNull(files.get(path.replaceAll("/v1/files/|/content", ""))));
                    return;
                }
                var results = new StringBuilder("<html>\n" + FOREIGN + "\n");
                new String(exchange.getRequestBody().readAllBytes(), UTF_8)
                        .lines()
                        .filter(line -> line.startsWith("{"))
                        .forEach(line ->
                                results.append("{\"custom_id\":\"%s\",\"response\":{\"status_code\":200,\"body\":%s}}\n"
                                        .formatted(
                                                line.replaceFirst(".*\"custom_id\":\"([^\"]*)\".*", "$1"),
                                                answer(Integer.parseInt(
                                                        line.replaceFirst(".*\"seed\":([0-9]*).*", "$1"))))));
                var id = "file-" + (files.size() + 1);
                files.put(id, results.toString().getBytes(UTF_8));
                reply(exchange, "{\"id\":\"%s\"}".formatted(id));
            }
        }

        private void content(HttpExchange exchange, byte[] file) throws IOException {
            var range = exchange.getRequestHeaders().getFirst("Range");
            if (range == null) {
                exchange.sendResponseHeaders(200, file.length);
                exchange.getResponseBody().write(file, 0, file.length - 50);
            } else {
                ranges.add(range);
                var begin = Integer.parseInt(range.replaceAll("\\D", ""));
                exchange.getResponseHeaders()
                        .set("Content-Range", "bytes %d-%d/%d".formatted(begin, file.length - 1, file.length));
                exchange.sendResponseHeaders(206, file.length - begin);
                exchange.getResponseBody().write(file, begin, file.length - begin);
            }
        }

        private void batches(HttpExchange exchange) throws IOException {
            try (exchange) {
                var id = exchange.getRequestURI().getPath().replaceFirst(".*/batches/?", "");
                if (id.isEmpty()) {
                    var create = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
                    id = create.replaceFirst(".*\"input_file_id\":\"([^\"]*)\".*", "$1");
                    bought.add(id);
                }
                reply(exchange, """
                        {"id":"%1$s","status":"completed","input_file_id":"%1$s","output_file_id":"%1$s","error_file_id":null,\
                        "request_counts":{"total":3,"completed":3,"failed":0}}""".formatted(id));
            }
        }

        private static void reply(HttpExchange exchange, String json) throws IOException {
            var bytes = json.getBytes(UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
