package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.DoubtConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.config.SyncConfig;
import dev.halfrate.processor.ops.Births;
import dev.halfrate.processor.ops.Guard;
import dev.halfrate.processor.ops.Status;
import dev.halfrate.processor.ops.StatusReader;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A key that is changed: to another one of its organization, or to a stranger's, while batches are under way and over a restart. */
class ChangedKeyIT {
    private static final Duration STALL_MAX = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    private EmbeddedBroker broker;
    private Simulator simulator;
    private HalfrateConfig config;
    private int sent;
    private int writes;

    @BeforeEach
    void start() throws Exception {
        broker = EmbeddedBroker.startTemporary();
        simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(300).withDataDirectory(directory.resolve("simulator")));
        key("one@acme");
        var usual = LocalSettings.config(
                broker.bootstrapServers(), simulator.baseUrl(), directory.resolve("state"), Upstream.OPENAI);
        config = new HalfrateConfig(
                usual.application(),
                usual.stateDir(),
                usual.kafka(),
                usual.topics(),
                usual.requests(),
                List.of(new AccountConfig(
                        "main",
                        "openai",
                        simulator.baseUrl().resolve("/v1"),
                        Secret.in(directory.resolve("key")),
                        "main",
                        List.of("*"),
                        "24h",
                        4,
                        DoubtConfig.DEFAULT,
                        SyncConfig.DEFAULT)),
                usual.lanes(),
                usual.ledger());
    }

    @AfterEach
    void stop() {
        simulator.close();
        broker.close();
    }

    @Test
    @Tag("alarm:HalfrateAccountKeyRefused")
    void aStrangersKeyStopsTheAccountUntilOneOfItsOwnIsThere() throws Exception {
        var meters = new SimpleMeterRegistry();
        var batches = 0L;
        try (var _ = Processor.start(config, meters)) {
            // Given
            send(3);
            await().atMost(STALL_MAX).until(() -> succeeded() == 3);
            await().atMost(STALL_MAX).until(() -> "known".equals(organization()));

            batches = simulator.billingBook().summary().batchesCreated();

            // When
            key("else@stranger");
            send(3);

            // Then
            await().atMost(STALL_MAX).until(() -> paused(meters) == 1);
        }

        // When a process starts with it
        var laterMeters = new SimpleMeterRegistry();
        try (var _ = Processor.start(config, laterMeters)) {
            await().atMost(STALL_MAX).until(() -> paused(laterMeters) == 1);
            assertThat(simulator.billingBook().summary().batchesCreated()).isEqualTo(batches);

            // When
            key("two@acme");

            // Then
            await().atMost(STALL_MAX).until(() -> succeeded() == 6);
            assertThat(paused(laterMeters)).isZero();
        }
        assertThat(simulator.billingBook().summary().contentsBilledMoreThanOnce())
                .isZero();
        assertThat(simulator.billingBook().summary().linesBilled()).isEqualTo(6);
        assertThat(status().ledger().holds()).isEmpty();

        // What is accepted is forgotten
        assertThat(Births.check(config, Set.of(Guard.CHANGED_ORGANIZATION))).containsEntry("main", "");
    }

    private String organization() throws InterruptedException {
        return Births.check(config, Set.of()).getOrDefault("main", "").isEmpty() ? "none" : "known";
    }

    private static double paused(MeterRegistry meters) {
        return meters.get("halfrate.account.paused")
                .tag("reason", "key")
                .gauge()
                .value();
    }

    private long succeeded() throws InterruptedException {
        return status().allLanes().totals().succeeded();
    }

    private Status status() throws InterruptedException {
        try (var reader = StatusReader.open(config)) {
            return reader.read();
        }
    }

    /** Faster than a file system's clock may tick. */
    private void key(String key) throws IOException {
        var file = Files.writeString(directory.resolve("key"), key);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(++writes)));
    }

    private void send(int requests) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (var request = 0; request < requests; request++) {
                var line = """
                        {"custom_id": "r-%1$d", "method": "POST", "url": "/v1/chat/completions", "body": \
                        {"model": "gpt-4o", "messages": [{"role": "user", "content": "question %1$d"}]}}""".formatted(sent++);
                producer.send(new ProducerRecord<>("llm.requests", 0, null, line.getBytes(UTF_8)))
                        .get();
            }
        }
    }
}
