package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Status;
import dev.halfrate.processor.ops.StatusReader;
import dev.halfrate.processor.ops.TopicSetup;
import dev.halfrate.simulator.RegistryServer;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
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
import org.jspecify.annotations.Nullable;

/** A processor in a process of its own, with little memory, and all that it needs around it. */
final class BadInputSubject implements AutoCloseable {
    static final String REQUESTS = "llm.requests";
    static final String KEY = "sk-of-the-vendor-1f77";
    static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Of a request, as a line. */
    static final int LINE_BYTES_MAX = 1_000_000;

    private static final String HEAP = "-Xmx128m";
    private static final int SPEED = 600;
    private static final int FRAME_BYTES = 5;
    private static final int LONG = 100_000;

    /** Long enough for what is to be sent at once, and shorter than all of a broker's own limits. */
    private static final int PRODUCER_BYTES = 80_000_000;

    private final Path output;
    private final EmbeddedBroker broker;
    private final Simulator simulator;
    private final RegistryServer registry;
    private final HalfrateConfig config;
    private final JavaProcess processor;
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<ConsumerRecord<byte[], byte[]>> results = new ArrayList<>();
    private final List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();

    /** Each of them once: there are too many for this process. */
    private final Map<ByteBuffer, byte[]> longValues = new HashMap<>();

    private int markers;

    /** A record that is in the requests topic. */
    record Sent(int partition, long offset, byte @Nullable [] value) {}

    BadInputSubject(Path directory) throws Exception {
        output = directory.resolve("run.out");
        broker = EmbeddedBroker.start(0, directory.resolve("broker"));
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(SPEED).withDataDirectory(directory.resolve("vendor")));
        registry = RegistryServer.start(0);
        Files.writeString(directory.resolve("key"), KEY);
        var file = Files.writeString(directory.resolve("halfrate.yaml"), """
                state-dir: %1$s/state
                kafka: {bootstrap.servers: "%2$s"}
                topics: {partitions: 2, replication-factor: 1}
                schema-registry: {urls: %4$s, timeout: 1s}
                requests: {line-bytes-max: %5$d}
                accounts:
                  - {name: messages, provider: anthropic, base-url: %3$s, key: {file: %1$s/key}, models: [claude-*]}
                  - {name: frugal, base-url: %3$s, key: {file: %1$s/key}, models: [gpt-4.1*]}
                  - {name: main, base-url: %3$s, key: {file: %1$s/key}, models: [gpt-*]}
                lanes: {age-max: 500ms}
                ledger: {poll-delays: [200ms]}
                money:
                  budgets: [{name: small, pool: frugal, period: total, usd: 1, at-limit: reject}]
                """.formatted(
                        directory, broker.bootstrapServers(), simulator.baseUrl(), registry.url(), LINE_BYTES_MAX));
        config = ConfigFile.load(file);
        TopicSetup.ensure(config);
        // A broker refuses times that are far ahead unless it is told not to.
        alter("message.timestamp.after.max.ms", Long.toString(Long.MAX_VALUE));
        producer = new KafkaProducer<>(
                producing(Map.of("compression.type", "zstd")), new ByteArraySerializer(), new ByteArraySerializer());
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                (_, data) -> data.length < LONG ? data : longValues.computeIfAbsent(ByteBuffer.wrap(data), _ -> data));
        var partitions = Stream.of(config.topics().results(), config.topics().deadLetters())
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        processor = JavaProcess.start(
                output,
                List.of(HEAP, "-XX:+ExitOnOutOfMemoryError"),
                LocalMain.class.getName(),
                "run",
                "--config=" + file);
    }

    void alter(String setting, String value) throws ExecutionException, InterruptedException {
        try (var admin = Admin.create(Map.copyOf(config.kafka()))) {
            var topic = new ConfigResource(ConfigResource.Type.TOPIC, REQUESTS);
            Collection<AlterConfigOp> change =
                    List.of(new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET));
            admin.incrementalAlterConfigs(Map.of(topic, change)).all().get();
        }
    }

    /** @return settings of a producer that holds nothing back */
    Map<String, Object> producing(Map<String, Object> more) {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put("max.request.size", PRODUCER_BYTES);
        settings.put("buffer.memory", 2 * PRODUCER_BYTES);
        settings.putAll(more);
        return settings;
    }

    RegistryServer registry() {
        return registry;
    }

    Sent send(String value) throws Exception {
        return send(value.getBytes(UTF_8));
    }

    Sent send(byte @Nullable [] value) throws Exception {
        return send(new ProducerRecord<>(REQUESTS, 0, null, value));
    }

    Sent send(ProducerRecord<byte[], byte[]> sent) throws Exception {
        var metadata = producer.send(sent).get();
        return new Sent(metadata.partition(), metadata.offset(), sent.value());
    }

    /** @return framed as Avro, with this schema's id */
    static byte[] framed(int schema, byte... avro) {
        return ByteBuffer.allocate(FRAME_BYTES + avro.length)
                .put((byte) 0)
                .putInt(schema)
                .put(avro)
                .array();
    }

    /** Returns when all that was sent to the first partition before has been decided on. */
    void settle() throws Exception {
        var marker = "marker-%d".formatted(markers++);
        send("{\"custom_id\": \"%s\"}".formatted(marker));
        assertThat(result(marker).status()).isEqualTo(Result.Status.REJECTED);
    }

    /** @return the only one there is for this custom_id so far */
    Result result(String customId) {
        return results(customId, 1).getFirst();
    }

    List<Result> results(String customId, int count) {
        await().atMost(PATIENCE).until(() -> published(customId).size() >= count);
        assertThat(published(customId)).hasSize(count);
        return published(customId);
    }

    /** @return what is there so far */
    List<Result> published(String customId) {
        poll();
        return results.stream()
                .filter(entry -> new String(entry.key(), UTF_8).equals(customId))
                .map(ResultCodec::fromRecord)
                .toList();
    }

    DeadLetter letter(Sent sent) {
        return DeadLetterCodec.fromRecord(letterRecord(sent));
    }

    ConsumerRecord<byte[], byte[]> letterRecord(Sent sent) {
        await().atMost(PATIENCE).until(() -> !letters(sent).isEmpty());
        assertThat(letters(sent)).hasSize(1);
        return letters(sent).getFirst();
    }

    /** @return what is there so far */
    List<ConsumerRecord<byte[], byte[]>> letters(Sent sent) {
        poll();
        return letters.stream()
                .filter(entry -> {
                    var letter = DeadLetterCodec.fromRecord(entry);
                    return letter.partition() == sent.partition() && letter.offset() == sent.offset();
                })
                .toList();
    }

    /** @return how many there are so far of this value */
    long lettersWith(String value) {
        poll();
        return letters.stream()
                .filter(letter -> Arrays.equals(letter.value(), value.getBytes(UTF_8)))
                .count();
    }

    /** @return the texts of all headers of dead letters so far */
    String letterHeaders() {
        poll();
        var text = new StringBuilder();
        letters.forEach(letter -> letter.headers()
                .forEach(header -> text.append(new String(requireNonNull(header.value()), UTF_8))
                        .append('\n')));
        return text.toString();
    }

    private void poll() {
        try {
            assertThat(processor.endsWithin(Duration.ZERO)).as(output()).isFalse();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        for (var received : consumer.poll(Duration.ofMillis(100))) {
            (received.topic().equals(config.topics().results()) ? results : letters).add(received);
        }
    }

    Status status() throws InterruptedException {
        try (var reader = StatusReader.open(config)) {
            return reader.read();
        }
    }

    /** @return what the processor has printed */
    String output() throws IOException {
        return Files.readString(output);
    }

    @Override
    public void close() throws IOException {
        consumer.close();
        producer.close(Duration.ZERO);
        processor.close();
        registry.close();
        simulator.close();
        broker.close();
    }
}
