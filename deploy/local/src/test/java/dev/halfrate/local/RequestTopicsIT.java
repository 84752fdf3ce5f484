package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.CacheConfig;
import dev.halfrate.processor.config.CreateConfig;
import dev.halfrate.processor.config.DoubtConfig;
import dev.halfrate.processor.config.FilesConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.HttpConfig;
import dev.halfrate.processor.config.LanesConfig;
import dev.halfrate.processor.config.LimitsConfig;
import dev.halfrate.processor.config.Mode;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.config.SyncConfig;
import dev.halfrate.processor.config.TopicsConfig;
import dev.halfrate.processor.ops.Status;
import dev.halfrate.processor.ops.StatusReader;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests of several topics, of which one comes and another one goes. */
@Tag("long")
class RequestTopicsIT {
    private static final String USUAL = "llm.requests";
    private static final String URGENT = "llm.urgent";
    private static final Duration STALL_MAX = Duration.ofSeconds(90);
    private static final Duration NEVER = Duration.ofHours(1);

    @TempDir
    Path directory;

    private EmbeddedBroker broker;
    private Simulator simulator;
    private int sent;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.startTemporary();
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(300).withDataDirectory(directory.resolve("simulator")));
    }

    @AfterEach
    void stop() {
        simulator.close();
        broker.close();
    }

    @Test
    void aTopicsRequestsGoToTheAccountThatTakesThemAlsoWhenTheTopicIsConfiguredLater() throws Exception {
        // Given
        var before = config(List.of(USUAL), LocalSettings.WINDOW_AGE_MAX);
        try (var _ = Processor.start(before, new SimpleMeterRegistry())) {
            send(USUAL, 3);
            await().atMost(STALL_MAX).until(() -> succeeded(before).equals(Map.of("usual", 3L)));
        }

        // When
        var config = config(List.of(USUAL, URGENT), LocalSettings.WINDOW_AGE_MAX);
        try (var _ = Processor.start(config, new SimpleMeterRegistry())) {
            send(USUAL, 4);
            send(URGENT, 5);
            await().atMost(STALL_MAX).until(() -> succeeded(config).equals(Map.of("usual", 7L, "urgent", 5L)));
        }

        // Then
        var status = status(config);
        assertThat(status.gaps()).isEmpty();
        assertThat(status.refusals()).isEmpty();
        assertThat(read(status)).isEqualTo(Map.of(USUAL, 7L, URGENT, 5L));
    }

    @Test
    void whatWasReadFromATopicThatIsConfiguredNoMoreIsAnsweredAndCounted() throws Exception {
        // Given requests that wait in their window
        var before = config(List.of(USUAL, URGENT), NEVER);
        try (var _ = Processor.start(before, new SimpleMeterRegistry())) {
            send(USUAL, 2);
            send(URGENT, 3);
            await().atMost(STALL_MAX).until(() -> status(before).allLanes().waiting() == 5);
        }

        // When
        var config = config(List.of(USUAL), LocalSettings.WINDOW_AGE_MAX);
        try (var _ = Processor.start(config, new SimpleMeterRegistry())) {
            await().atMost(STALL_MAX).until(() -> succeeded(config).equals(Map.of("usual", 2L, "urgent", 3L)));
        }

        // Then
        var status = status(config);
        assertThat(status.gaps()).isEmpty();
        assertThat(read(status)).isEqualTo(Map.of(USUAL, 2L, URGENT, 3L));
        assertThat(status.requests())
                .filteredOn(partition -> !partition.configured())
                .hasSize(2)
                .allMatch(partition -> partition.topic().equals(URGENT));

        // When Kafka forgets the offsets of a topic that the group reads no more
        try (var admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.deleteConsumerGroupOffsets(
                            config.intakeGroup(), Set.of(new TopicPartition(URGENT, 0), new TopicPartition(URGENT, 1)))
                    .all()
                    .get();
        }

        // Then it is not taken for a loss
        assertThat(status(config).read().whole()).isFalse();
        assertThat(status(config).gaps()).isEmpty();
        assertThat(status(config).refusals()).isEmpty();
    }

    private HalfrateConfig config(List<String> requests, Duration ageMax) {
        var usual = LocalSettings.config(
                broker.bootstrapServers(), simulator.baseUrl(), directory.resolve("state"), Upstream.OPENAI);
        var topics = usual.topics();
        var lanes = usual.lanes();
        return new HalfrateConfig(
                usual.application(),
                usual.stateDir(),
                usual.kafka(),
                new TopicsConfig(
                        requests,
                        topics.results(),
                        topics.resultParts(),
                        topics.batches(),
                        topics.deadLetters(),
                        topics.diagnostics(),
                        topics.audit(),
                        topics.laneInbox(),
                        topics.work(),
                        topics.ledger(),
                        topics.create(),
                        topics.partitions(),
                        topics.replicationFactor()),
                usual.requests(),
                List.of(account("urgent", URGENT), account("usual", "*")),
                new LanesConfig(
                        lanes.requestsMax(),
                        lanes.bytesMax(),
                        ageMax,
                        lanes.batchesInFlightMax(),
                        lanes.duplicatesHorizon(),
                        lanes.duplicatesMax()),
                usual.ledger());
    }

    private AccountConfig account(String name, String topics) {
        return new AccountConfig(
                name,
                "openai",
                simulator.baseUrl().resolve("/v1"),
                new Secret("key-of-" + name),
                name,
                List.of("*"),
                List.of(topics),
                "24h",
                4,
                DoubtConfig.DEFAULT,
                "",
                List.of(),
                HttpConfig.DEFAULT,
                LimitsConfig.VENDORS,
                FilesConfig.KEEP,
                CreateConfig.USUAL,
                SyncConfig.DEFAULT,
                CacheConfig.NONE,
                Mode.BATCH,
                List.of());
    }

    private void send(String topic, int requests) throws Exception {
        var settings = new HashMap<String, Object>(Map.of("bootstrap.servers", broker.bootstrapServers()));
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (var request = 0; request < requests; request++) {
                var line = """
                        {"custom_id": "r-%d", "method": "POST", "url": "/v1/chat/completions", "body": \
                        {"model": "gpt-4o", "messages": [{"role": "user", "content": "q"}]}}""".formatted(sent++);
                producer.send(new ProducerRecord<>(topic, request % 2, null, line.getBytes(UTF_8)))
                        .get();
            }
        }
    }

    private static Status status(HalfrateConfig config) throws InterruptedException {
        try (var reader = StatusReader.open(config)) {
            return reader.read();
        }
    }

    /** @return by account */
    private static Map<String, Long> succeeded(HalfrateConfig config) throws InterruptedException {
        return status(config).lanes().stream()
                .filter(lane -> lane.totals().succeeded() > 0)
                .collect(Collectors.toMap(
                        lane -> lane.name().substring(0, lane.name().indexOf('/')),
                        lane -> lane.totals().succeeded(),
                        Long::sum));
    }

    /** @return by topic */
    private static Map<String, Long> read(Status status) {
        return status.requests().stream()
                .collect(Collectors.toMap(
                        Status.Partition::topic, partition -> partition.counts().read(), Long::sum));
    }
}
