package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.Processor;
import dev.halfrate.processor.codec.BatchEventAvro;
import dev.halfrate.processor.codec.BatchProgress;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultAvro;
import dev.halfrate.processor.config.FormatsConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.RegistryConfig;
import dev.halfrate.processor.ops.StatusReader;
import dev.halfrate.schemas.PublicSchemas;
import dev.halfrate.simulator.RegistryServer;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests in Avro beside requests in JSON, results and batch events in Avro, and a registry that comes and goes. */
class AvroIT {
    private static final Duration STALL_MAX = Duration.ofSeconds(60);
    private static final int ID_BYTES = 5;

    @TempDir
    Path directory;

    private final RegistryServer registry = RegistryServer.start(0);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<Result> results = new ArrayList<>();
    private final List<BatchProgress> events = new ArrayList<>();
    private final List<byte[]> deadLetters = new ArrayList<>();
    private EmbeddedBroker broker;
    private Simulator simulator;
    private HalfrateConfig config;
    private KafkaProducer<byte[], byte[]> producer;
    private KafkaConsumer<byte[], byte[]> consumer;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.startTemporary();
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(300).withDataDirectory(directory.resolve("simulator")));
        config = LocalSettings.config(
                        broker.bootstrapServers(), simulator.baseUrl(), directory.resolve("state"), Upstream.OPENAI)
                .with(
                        RegistryConfig.at(registry.url()),
                        new FormatsConfig(FormatsConfig.AVRO, FormatsConfig.AVRO, Map.of()));
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    @AfterEach
    void stop() {
        consumer.close();
        producer.close();
        simulator.close();
        broker.close();
        registry.close();
    }

    @Test
    @Tag("alarm:HalfrateIntakeStalled")
    void avroGoesInAndOutAndARegistryThatIsAwayLosesNothing() throws Exception {
        var requests = registry.register("llm.requests-value", "AVRO", PublicSchemas.REQUEST.toString());
        try (var _ = Processor.start(config, meters)) {
            listen();
            send(0, framed(requests, request("a-1")));
            send(0, json("j-1"));
            awaitResults("a-1", "j-1");
            assertThat(results).allSatisfy(result -> {
                assertThat(result.status()).isEqualTo(Result.Status.SUCCEEDED);
                assertThat(new String(requireNonNull(result.body()), UTF_8))
                        .startsWith("{")
                        .contains("choices");
            });
            assertThat(events).extracting(BatchProgress::state).contains("sealed", "settled");

            // When the registry goes, and requests come that were written with a schema not yet known
            var later = registry.register(
                    "llm.requests-value",
                    "AVRO",
                    PublicSchemas.REQUEST
                            .toString()
                            .replace(
                                    "\"custom_id\",\"type\":\"string\"",
                                    "\"custom_id\",\"type\":{\"type\":\"string\",\"x\":1}"));
            assertThat(later).isNotEqualTo(requests);
            registry.stop();
            send(0, framed(requests, request("a-2")));
            send(0, framed(later, request("a-3")));
            send(0, json("j-2"));
            send(1, json("j-3"));

            // Then what was before them is answered, and what is in another partition
            awaitResults("a-1", "j-1", "a-2", "j-3");
            await().atMost(STALL_MAX)
                    .until(() -> meters.get("halfrate.intake.stalled").gauge().value() == 1);

            // And everything once it is back
            registry.restart();
            awaitResults("a-1", "j-1", "a-2", "j-3", "a-3", "j-2");
            assertThat(meters.get("halfrate.intake.stalled").gauge().value()).isZero();

            // What nobody can read is a dead letter then
            send(0, framed(99, request("a-4")));
            await().atMost(STALL_MAX).until(() -> {
                poll();
                return deadLetters.size() == 1;
            });
        }
        try (var status = StatusReader.open(config)) {
            assertThat(status.read().gaps()).isEmpty();
        }
        assertThat(results).hasSize(6);
    }

    private void awaitResults(String... customIds) {
        await().atMost(STALL_MAX).untilAsserted(() -> {
            poll();
            assertThat(results).extracting(Result::customId).containsExactlyInAnyOrder(customIds);
        });
    }

    private void listen() {
        var topics = config.topics();
        var partitions = List.of(topics.results(), topics.batches(), topics.deadLetters()).stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    private void poll() {
        for (var received : consumer.poll(Duration.ofMillis(200))) {
            if (received.topic().equals(config.topics().results())) {
                results.add(ResultAvro.fromAvro(read(received.value(), PublicSchemas.RESULT), null));
            } else if (received.topic().equals(config.topics().batches())) {
                events.add(BatchEventAvro.fromAvro(read(received.value(), PublicSchemas.BATCH_EVENT)));
            } else {
                deadLetters.add(received.value());
            }
        }
    }

    private void send(int partition, byte[] value) throws Exception {
        producer.send(new ProducerRecord<>("llm.requests", partition, null, value))
                .get();
    }

    private static byte[] json(String customId) {
        return """
                {"custom_id": "%s", "method": "POST", "url": "/v1/chat/completions", "body": \
                {"model": "gpt-4o", "messages": [{"role": "user", "content": "q"}]}}""".formatted(customId).getBytes(UTF_8);
    }

    private static GenericRecord request(String customId) {
        var request = new GenericData.Record(PublicSchemas.REQUEST);
        request.put("custom_id", customId);
        request.put("url", "/v1/chat/completions");
        request.put("body", "{\"model\": \"gpt-4o\", \"messages\": [{\"role\": \"user\", \"content\": \"ü\"}]}");
        return request;
    }

    private static byte[] framed(int schemaId, GenericRecord value) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(
                ByteBuffer.allocate(ID_BYTES).put((byte) 0).putInt(schemaId).array());
        try {
            var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
            new GenericDatumWriter<GenericRecord>(value.getSchema()).write(value, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static GenericRecord read(byte[] value, Schema schema) {
        assertThat(value[0]).isZero();
        try {
            var decoder = DecoderFactory.get().binaryDecoder(value, ID_BYTES, value.length - ID_BYTES, null);
            return new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
