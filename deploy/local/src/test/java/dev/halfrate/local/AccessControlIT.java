package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.StatusReader;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With exactly the topics and the rights of docs/deployment.md, requests are answered, and nobody can do what is not theirs. */
@Tag("long")
class AccessControlIT {
    private static final Path DOCUMENT = Path.of("../../docs/deployment.md");
    private static final Duration STALL_MAX = Duration.ofSeconds(120);
    private static final int REQUESTS = 20;

    /** A row of the table of rights. */
    private record Right(String role, ResourceType type, String name, PatternType pattern, Set<AclOperation> may) {}

    @TempDir
    Path directory;

    private SecuredBroker broker;
    private Simulator simulator;
    private final List<Right> rights = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        for (var cells : table("| principal |")) {
            rights.add(new Right(
                    cells.get(0),
                    resource(cells.get(1)),
                    cells.get(2),
                    PatternType.fromString(cells.get(3)),
                    Stream.of(cells.get(4).split(", "))
                            .map(AclOperation::fromString)
                            .collect(Collectors.toSet())));
        }
        broker = SecuredBroker.start(
                directory.resolve("broker"), rights.stream().map(Right::role).collect(Collectors.toSet()));
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(300).withDataDirectory(directory.resolve("simulator")));
        try (var admin = Admin.create(broker.administrator())) {
            var topics = new ArrayList<NewTopic>();
            for (var cells : table("| topic |")) {
                var partitions = cells.get(1).equals("1") ? 1 : 2;
                topics.add(new NewTopic(cells.get(0), partitions, (short) 1)
                        .configs(Stream.of(cells.get(2).split(" "))
                                .map(setting -> setting.split("=", 2))
                                .collect(Collectors.toMap(
                                        setting -> setting[0],
                                        // There is one broker.
                                        setting -> setting[0].equals("min.insync.replicas") ? "1" : setting[1]))));
            }
            admin.createTopics(topics).all().get();
            for (var right : rights) {
                admin.createAcls(right.may().stream()
                                .map(operation -> new AclBinding(
                                        new ResourcePattern(right.type(), right.name(), right.pattern()),
                                        new AccessControlEntry(
                                                "User:" + right.role(), "*", operation, AclPermissionType.ALLOW)))
                                .toList())
                        .all()
                        .get();
            }
        }
    }

    @AfterEach
    void stop() {
        simulator.close();
        broker.close();
    }

    @Test
    @Tag("alarm:log-no-read")
    void theListIsEnoughForEverybodysPart() throws Exception {
        // When
        var meters = new SimpleMeterRegistry();
        try (var log = new HeardLog();
                var _ = Processor.start(config("halfrate"), meters)) {
            send();

            // Then
            assertThat(answered()).hasSize(REQUESTS);
            log.await(
                    "INFO __consumer_offsets: READ is not allowed, so for how long transactions are open there is not measured",
                    STALL_MAX);
            assertThat(meters.get("halfrate.transactions.open").gauges())
                    .extracting(gauge -> gauge.getId().getTag("topic"))
                    .contains("llm.requests", "halfrate-lane-inbox", "halfrate-work", "halfrate-ledger")
                    .doesNotContain("__consumer_offsets");
        }
        try (var status = StatusReader.open(config("operator"))) {
            var found = status.read();
            assertThat(found.gaps()).isEmpty();
            assertThat(found.refusals()).isEmpty();
            assertThat(found.allLanes().totals().succeeded()).isEqualTo(REQUESTS);
        }
    }

    @Test
    void nobodyMayDoWhatIsNotTheirs() {
        assertThatThrownBy(() -> write("producer", "llm.results")).hasCauseInstanceOf(AuthorizationException.class);
        assertThatThrownBy(() -> write("producer", "halfrate-ledger")).hasCauseInstanceOf(AuthorizationException.class);
        assertThatThrownBy(() -> write("reader", "llm.requests")).hasCauseInstanceOf(AuthorizationException.class);
        assertThatThrownBy(() -> write("operator", "halfrate-ledger")).hasCauseInstanceOf(AuthorizationException.class);
        assertThatThrownBy(() -> read("producer", "llm.results")).isInstanceOf(AuthorizationException.class);
        assertThatThrownBy(() -> read("operator", "llm.results")).isInstanceOf(AuthorizationException.class);
        assertThatThrownBy(() -> read("operator", "llm.requests")).isInstanceOf(AuthorizationException.class);
        assertThatThrownBy(() -> read("halfrate", "llm.results")).isInstanceOf(AuthorizationException.class);
    }

    private HalfrateConfig config(String user) {
        var kafka = broker.user(user).entrySet().stream()
                .map(entry -> "  %s: '%s'%n".formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining());
        return ConfigFile.parse(
                """
                state-dir: %s
                kafka:
                %s
                topics: {create: false, replication-factor: 1}
                accounts: [{name: openai, base-url: '%s', key: {env: KEY}}]
                lanes: {age-max: 1s}
                ledger: {poll-delays: [500ms], create-timeout: 20s, quiesce-margin: 2s, listings-apart: 1s}
                admin: {port: 0}
                """.formatted(directory.resolve("state"), kafka, simulator.baseUrl()), Map.of("KEY", "key"));
    }

    private void send() throws Exception {
        try (var producer =
                new KafkaProducer<>(broker.user("producer"), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (var request = 0; request < REQUESTS; request++) {
                var line = """
                        {"custom_id": "r-%d", "method": "POST", "url": "/v1/chat/completions", "body": \
                        {"model": "gpt-4o", "messages": [{"role": "user", "content": "q"}]}}""".formatted(request);
                producer.send(new ProducerRecord<>("llm.requests", line.getBytes(UTF_8)))
                        .get();
            }
        }
    }

    private Set<String> answered() {
        var settings = broker.user("reader");
        settings.putAll(Map.of(
                "group.id",
                "readers-of-answers",
                "auto.offset.reset",
                "earliest",
                "isolation.level",
                "read_committed"));
        var ids = new HashSet<String>();
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("llm.results"));
            await().atMost(STALL_MAX).until(() -> {
                for (var result : consumer.poll(Duration.ofMillis(200))) {
                    var value = new ObjectMapper().readTree(result.value());
                    assertThat(value.path("status").asText()).isEqualTo("succeeded");
                    assertThat(ids.add(value.path("custom_id").asText())).isTrue();
                }
                return ids.size() == REQUESTS;
            });
            consumer.commitSync();
        }
        return ids;
    }

    private void write(String user, String topic) throws ExecutionException, InterruptedException {
        try (var producer =
                new KafkaProducer<>(broker.user(user), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(topic, new byte[1])).get();
        }
    }

    private void read(String user, String topic) {
        try (var consumer =
                new KafkaConsumer<>(broker.user(user), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            consumer.seek(new TopicPartition(topic, 0), 0);
            consumer.poll(STALL_MAX);
        }
    }

    /** @param name as Kafka's tools write it, such as TransactionalId */
    private static ResourceType resource(String name) {
        return Stream.of(ResourceType.values())
                .filter(type -> type.name().replace("_", "").equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow();
    }

    /** @return the cells of the first table whose header begins like that, without backquotes */
    private static List<List<String>> table(String header) throws Exception {
        var lines = Files.readAllLines(DOCUMENT);
        var first = lines.indexOf(lines.stream()
                .filter(line -> line.startsWith(header))
                .findFirst()
                .orElseThrow());
        return lines.stream()
                .skip(first + 2)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> Stream.of(line.substring(1, line.length() - 1).split("\\|"))
                        .map(cell -> cell.replace("`", "").strip())
                        .toList())
                .toList();
    }
}
