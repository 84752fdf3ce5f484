package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Guard;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.processor.ops.StatusReader;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A topic of reviews becomes a topic of sentiments, with a real broker and a vendor that keeps a book. */
class SourcesIT {
    private static final Duration PATIENCE = Duration.ofSeconds(150);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    @TempDir
    Path directory;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private EmbeddedBroker broker;
    private Simulator simulator;
    private Map<String, Object> client;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.start(0, directory.resolve("broker"));
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(600).withDataDirectory(directory.resolve("vendor")));
        Files.writeString(directory.resolve("key"), "sk-local");
        client = Map.of("bootstrap.servers", broker.bootstrapServers());
    }

    @AfterEach
    void stop() {
        simulator.close();
        broker.close();
    }

    @Test
    void eachReviewIsAnsweredOnceWhateverIsStoppedMeanwhile() throws Exception {
        // Given
        createReviews();
        var config = config("{{ value.text }}");
        send(0, 300);

        // When it is stopped while it renders, and goes on
        try (var _ = Processor.start(config, meters)) {
            await().atMost(PATIENCE)
                    .until(() -> meters.find("halfrate.events.rendered").counter() != null);
        }
        send(300, 400);
        try (var _ = Processor.start(config, new SimpleMeterRegistry())) {
            await().atMost(PATIENCE).until(() -> read("llm.results").size() == 400);
            // And a repeated event is a repeated request
            send(7, 8);
            await().atMost(PATIENCE).until(() -> read("llm.requests").size() == 401);
        }

        // Then
        var ids = IntStream.range(0, 400).mapToObj(id -> "review-" + id).toList();
        var results = read("llm.results");
        assertThat(results).extracting(SourcesIT::key).containsExactlyInAnyOrderElementsOf(ids);
        assertThat(results).allSatisfy(result -> {
            var parsed = JSON.readTree(result.value());
            assertThat(parsed.get("status").asText()).isEqualTo("succeeded");
            assertThat(parsed.get("tag").asText()).isEqualTo("shop");
            assertThat(header(result, "traceparent")).isEqualTo(TRACE);
        });
        assertThat(simulator.billingBook().summary().contentsBilledMoreThanOnce())
                .isZero();
        var requests = read("llm.requests");
        assertThat(requests).extracting(SourcesIT::key).containsAll(ids).hasSize(401);
        var request = requests.stream()
                .filter(record -> key(record).equals("review-12"))
                .findFirst()
                .orElseThrow();
        assertThat(JSON.readTree(request.value()).at("/body/messages/0/content").asText())
                .isEqualTo("5.10: \"ok\" 12\n");
        try (var status = StatusReader.open(config)) {
            var now = status.read();
            assertThat(now.gaps()).isEmpty();
            assertThat(now.refusals()).isEmpty();
            assertThat(now.readEvents().routed()).isEqualTo(401);
            assertThat(now.read().read()).isEqualTo(401);
            assertThat(now.events()).hasSize(3).allMatch(partition -> partition.unread() == 0);
        }
    }

    @Test
    void anEventThatDidNotFitIsSentAgainWhenTheTemplateIsMended() throws Exception {
        // Given
        createReviews();
        produce("{\"id\": 1, \"price\": 1, \"words\": \"good\"}");
        try (var _ = Processor.start(config("{{ value.text }}"), meters)) {
            await().atMost(PATIENCE).until(() -> read("llm.dlq").size() == 1);
        }
        assertThat(header(read("llm.dlq").getFirst(), "halfrate-reason")).isEqualTo("template");
        assertThat(header(read("llm.dlq").getFirst(), "halfrate-message"))
                .isEqualTo(
                        "source sentiments: sources[0].body.messages[0].content: 'text' is missing or null in the event;"
                                + " if it may be, say so: | default(\"\"), or {% if … is defined %}");

        // When
        try (var _ = Processor.start(config("{{ value.words }}"), new SimpleMeterRegistry())) {
            assertThat(replay()).contains("sent 1 ");

            // Then
            await().atMost(PATIENCE).until(() -> read("llm.results").size() == 1);
        }
        assertThat(key(read("llm.results").getFirst())).isEqualTo("review-1");
        assertThat(read("llm.dlq")).hasSize(1);
    }

    @Test
    void aTopicThatIsNotThereOrIsAnotherOneIsToldOfAtTheStart() throws Exception {
        var config = config("{{ value.text }}");
        assertThatThrownBy(() -> Processor.start(config, meters))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("topic reviews, which sources read (sources.topic), does not exist");

        createReviews();
        Processor.start(config, meters).close();
        try (var admin = Admin.create(client)) {
            admin.deleteTopics(List.of("reviews")).all().get();
            await().atMost(PATIENCE)
                    .until(() -> !admin.listTopics().names().get().contains("reviews"));
        }
        createReviews();

        assertThatThrownBy(() -> Processor.start(config, meters))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("topic reviews was deleted and created again")
                .hasMessageContaining("--accept new-source-topic");
        produce("{\"id\": 1, \"price\": 1, \"text\": \"good\"}");
        try (var _ = Processor.start(config, Set.of(Guard.NEW_SOURCE_TOPIC), meters)) {
            await().atMost(PATIENCE).until(() -> read("llm.requests").size() == 1);
        }
    }

    private HalfrateConfig config(String text) throws IOException {
        var file = Files.writeString(directory.resolve("halfrate.yaml"), """
                state-dir: %1$s/state
                kafka: {bootstrap.servers: "%2$s"}
                topics: {partitions: 2, replication-factor: 1}
                accounts:
                  - {name: main, base-url: %3$s, key: {file: %1$s/key}}
                lanes: {age-max: 500ms}
                ledger: {poll-delays: [500ms]}
                sources:
                  - name: sentiments
                    topic: reviews
                    custom-id: "review-{{ value.id }}"
                    url: /v1/chat/completions
                    tag: shop
                    body:
                      model: gpt-4o-mini
                      max_completion_tokens: 5
                      messages:
                        - role: user
                          content: |
                            {{ value.price }}: %4$s
                """.formatted(
                        directory, broker.bootstrapServers(), simulator.baseUrl(), text));
        return ConfigFile.load(file);
    }

    private void createReviews() throws Exception {
        try (var admin = Admin.create(client)) {
            admin.createTopics(List.of(new NewTopic("reviews", 3, (short) 1)))
                    .all()
                    .get();
        }
    }

    private void send(int from, int until) throws Exception {
        var events = new String[until - from];
        for (var id = from; id < until; id++) {
            events[id - from] = "{\"id\": %1$d, \"price\": 5.10, \"text\": \"\\\"ok\\\" %1$d\"}".formatted(id);
        }
        produce(events);
    }

    private void produce(String... events) throws Exception {
        try (var producer = new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (var event : events) {
                var record = new ProducerRecord<byte[], byte[]>("reviews", event.getBytes(UTF_8));
                record.headers().add("traceparent", TRACE.getBytes(UTF_8));
                producer.send(record).get();
            }
        }
    }

    private String replay() {
        var words = new StringWriter();
        var code = LocalMain.commandLine()
                .setOut(new PrintWriter(words, true))
                .setErr(new PrintWriter(words, true))
                .execute(
                        "dlq",
                        "replay",
                        "--config",
                        directory.resolve("halfrate.yaml").toString(),
                        "--reason",
                        "template");
        assertThat(code).as(words.toString()).isZero();
        return words.toString();
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.key(), UTF_8);
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), UTF_8);
    }

    /** @return all that is committed */
    private List<ConsumerRecord<byte[], byte[]>> read(String topic) {
        var settings = new HashMap<>(client);
        settings.put("isolation.level", "read_committed");
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            var all = new ArrayList<ConsumerRecord<byte[], byte[]>>();
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                consumer.poll(Duration.ofMillis(100)).forEach(all::add);
            }
            return all;
        }
    }
}
