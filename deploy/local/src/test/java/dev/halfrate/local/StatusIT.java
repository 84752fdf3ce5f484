package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.cli.CommandLines;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.intake.InboxPartitions;
import dev.halfrate.processor.ops.Births;
import dev.halfrate.processor.ops.TopicSetup;
import dev.halfrate.schemas.internal.Hash;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerState;
import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.Source;
import dev.halfrate.schemas.internal.TopicId;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether an operator sees the truth, with processes and without. */
class StatusIT {
    private static final LaneId LANE =
            new LaneId("simulator", "/v1/chat/completions", "gpt-4o", "", List.of(), "24h", "");
    private static final Duration STALL_MAX = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    private final StringWriter words = new StringWriter();
    private EmbeddedBroker broker;
    private HalfrateConfig config;
    private Path file;

    @BeforeEach
    void startBroker() throws Exception {
        broker = EmbeddedBroker.startTemporary();
        config(URI.create("http://127.0.0.1:1/v1"));
    }

    private void config(URI simulator) throws Exception {
        config = LocalSettings.config(broker.bootstrapServers(), simulator, directory.resolve("state"));
        file = RunConfig.write(config, directory);
    }

    @AfterEach
    void stopBroker() {
        broker.close();
    }

    @Test
    void whereNobodyHasEverRunIsOneClearLine() {
        assertThat(status()).isEqualTo(CommandLines.FAILED);
        assertThat(words.toString())
                .isEqualToIgnoringNewLines(
                        "halfrate: topic halfrate-births does not exist at %s: has halfrate ever run there?"
                                .formatted(broker.bootstrapServers()));
    }

    @Test
    void bothEquationsHoldOverRestartsAndWhenNobodyRuns() throws Exception {
        try (var simulator = Simulator.start(
                SimulatorConfig.defaults().withSpeed(300).withDataDirectory(directory.resolve("simulator")))) {
            // Given requests of every kind, the second half after a restart
            config(simulator.baseUrl());
            answer(lines("a"), 22);
            answer(lines("b"), 2 * 22);

            // When
            assertThat(status("--json")).as(words.toString()).isEqualTo(CommandLines.DONE);

            // Then
            var status = new ObjectMapper().readTree(words.toString());
            assertThat(status.path("gaps")).isEmpty();
            assertThat(status.path("alarms")).isEmpty();
            var requests = status.path("status").path("requests");
            assertThat(sum(requests, "read")).isEqualTo(2 * 26);
            assertThat(sum(requests, "rejected")).isEqualTo(2);
            assertThat(sum(requests, "dead_lettered")).isEqualTo(2);
            var lanes = status.path("all_lanes").path("totals");
            assertThat(lanes.path("arrived").asInt()).isEqualTo(2 * 24);
            assertThat(lanes.path("accepted").asInt()).isEqualTo(2 * 22);
            assertThat(lanes.path("succeeded").asInt()).isEqualTo(2 * 22);
            assertThat(lanes.path("absorbed").asInt()).isEqualTo(2);
            assertThat(lanes.path("conflicts").asInt()).isEqualTo(2);
            assertThat(status.path("status")
                            .path("ledger")
                            .path("batches")
                            .path("settled")
                            .asInt())
                    .isPositive();

            // And the report has each answer once, at half of what it would have cost at once
            assertThat(command("report", "--by", "day,model", "--format", "json"))
                    .isEqualTo(CommandLines.DONE);
            var report = new ObjectMapper().readTree(words.toString());
            var total = report.path("total");
            assertThat(total.path("answers").asInt()).isEqualTo(2 * 22);
            assertThat(total.path("paid_usd").decimalValue()).isPositive();
            assertThat(total.path("synchronous_usd").decimalValue())
                    .isEqualByComparingTo(total.path("paid_usd").decimalValue().multiply(BigDecimal.TWO));
            assertThat(report.path("rows").findValuesAsText("model")).containsOnly("gpt-4o");
        }
    }

    @Test
    @Tag("alarm:status-hold")
    void aHoldIsAnAlarmWithItsReason() throws Exception {
        // Given
        prepare();
        send(config.topics().ledger(), 0, "b-1", InternalFormat.LEDGER_RECORD.encode(held()));

        // When, then
        assertThat(status()).isEqualTo(CommandLines.FAILED);
        assertThat(words.toString())
                .contains("no process runs")
                .contains("1 hold")
                .containsPattern(
                        "on hold since .*: b-1, 7 requests of simulator/gpt-4o/v1/chat/completions: the files are gone")
                .contains("ALARMS  1", "  1 batches are on hold, see their reasons");
    }

    @Test
    @Tag("alarm:status-refusal")
    void anOffsetThatIsGoneIsAnAlarmBeforeTheStartIsRefused() throws Exception {
        prepare();
        try (var admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.deleteConsumerGroups(List.of(config.ledgerGroup())).all().get();
        }

        assertThat(status()).isEqualTo(CommandLines.FAILED);
        assertThat(words.toString())
                .contains("the next start will be refused: group halfrate-ledger has no offset any more");
    }

    @Test
    @Tag("alarm:status-transaction")
    void aTransactionThatNobodyEndsIsAnAlarm() throws Exception {
        // Given one that is open, and was last written to long ago
        prepare();
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put("transactional.id", "nobody");
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            var anHourAgo = System.currentTimeMillis() - Duration.ofHours(1).toMillis();
            producer.send(new ProducerRecord<>(config.topics().ledger(), 1, anHourAgo, new byte[0], new byte[0]))
                    .get();

            // When, then
            assertThat(status()).isEqualTo(CommandLines.FAILED);
            assertThat(words.toString()).contains("halfrate-ledger-1: a transaction stands open since ");
            producer.abortTransaction();
        }
        assertThat(status()).isEqualTo(CommandLines.DONE);
    }

    @Test
    @Tag("alarm:status-balance")
    void requestsThatIntakeDoesNotKnowOfAreAGap() throws Exception {
        // Given a ref that did not come from intake
        prepare();
        send(
                config.topics().laneInbox(),
                InboxPartitions.of("simulator", config.topics().partitions()),
                "simulator",
                InternalFormat.REF_CHUNK.encode(new RefChunk(
                        "simulator",
                        LANE,
                        List.of(new Source(
                                new TopicId(new byte[16]),
                                config.topics().requests().getFirst())),
                        List.of(new Ref(
                                0,
                                0,
                                0L,
                                "a",
                                0,
                                0,
                                100,
                                new Hash(new byte[16]),
                                0L,
                                Long.MAX_VALUE,
                                0,
                                0,
                                "",
                                null,
                                Map.of(),
                                0,
                                0L,
                                0L,
                                false,
                                "",
                                Map.of(),
                                0L)),
                        0L)));

        // When, then
        assertThat(status()).as("it is on the way: %s", words).isEqualTo(CommandLines.FAILED);
        assertThat(words.toString()).contains("on the way to their lanes: 1 requests");
        try (var processor = Processor.start(config, new SimpleMeterRegistry())) {
            await().atMost(STALL_MAX).until(() -> {
                return status() == CommandLines.FAILED
                        && words.toString().contains("on the way to their lanes: 0 requests");
            });
            assertThat(processor.failure()).isNotDone();
        }
        assertThat(words.toString())
                .contains("balance: between intake and lanes: nothing is known of -1 requests; this is a defect");
    }

    /** As the first start does it, before anything reads. */
    private void prepare() throws InterruptedException {
        TopicSetup.ensure(config);
        Births.check(config, Set.of());
    }

    private static LedgerRecord held() {
        return LedgerRecord.newBuilder()
                .setBatchId("b-1")
                .setPool("simulator")
                .setLane(LANE)
                .setState(LedgerState.HOLD)
                .setItems(7)
                .setBytes(700)
                .setChunks(1)
                .setFirstWorkOffset(0)
                .setLastWorkOffset(0)
                .setInboxPartition(0)
                .setSealedAt(0)
                .setChangedAt(0)
                .setAttempts(List.of())
                .setDone(ByteBuffer.allocate(0))
                .setSucceeded(ByteBuffer.allocate(0))
                .setLines(7)
                .setSucceededCount(0)
                .setFailedCount(0)
                .setExpiredCount(0)
                .setCancelledCount(0)
                .setReturnedCount(0)
                .setInputTokens(0)
                .setCachedInputTokens(0)
                .setCacheWriteTokens(0)
                .setOutputTokens(0)
                .setRemoteStatus("")
                .setOutputHandle("")
                .setErrorHandle("")
                .setCreatedAt(0)
                .setEndedAt(0)
                .setReason("the files are gone")
                .setRefusalCode("")
                .setRefusedForNow(false)
                .setFailures(0)
                .build();
    }

    /** 22 good ones, a repeat, a conflict, one that is rejected and one that is buried. */
    private static List<String> lines(String prefix) {
        var lines = new ArrayList<String>();
        for (var number = 0; number < 22; number++) {
            lines.add(line(prefix + number, "q", ""));
        }
        lines.add(line(prefix + 0, "q", ""));
        lines.add(line(prefix + 1, "other", ""));
        lines.add(line(prefix + "-streams", "q", ", \"stream\": true"));
        lines.add("rubbish");
        return lines;
    }

    private static String line(String customId, String question, String more) {
        return """
                {"custom_id": "%s", "method": "POST", "url": "/v1/chat/completions", "body": \
                {"model": "gpt-4o", "messages": [{"role": "user", "content": "%s"}]%s}}""".formatted(customId, question, more);
    }

    /** Returns when so many of all lines so far have succeeded. */
    private void answer(List<String> lines, int succeeded) throws Exception {
        try (var processor = Processor.start(config, new SimpleMeterRegistry())) {
            for (var line : lines) {
                send(config.topics().requests().getFirst(), 0, "", line.getBytes(UTF_8));
            }
            await().atMost(STALL_MAX).until(() -> {
                assertThat(processor.failure()).isNotDone();
                status("--json");
                var status = new ObjectMapper().readTree(words.toString());
                return status.path("all_lanes").path("totals").path("succeeded").asInt() == succeeded;
            });
        }
    }

    private static int sum(JsonNode partitions, String count) {
        var sum = 0;
        for (var partition : partitions) {
            sum += partition.path("counts").path(count).asInt();
        }
        return sum;
    }

    private void send(String topic, int partition, String key, byte[] value) throws Exception {
        var settings = new HashMap<String, Object>(config.kafka());
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(topic, partition, key.getBytes(UTF_8), value))
                    .get();
        }
    }

    private int status(String... options) {
        return command("status", options);
    }

    private int command(String name, String... options) {
        words.getBuffer().setLength(0);
        var arguments = new ArrayList<>(List.of(name, "--config", file.toString()));
        arguments.addAll(List.of(options));
        return LocalMain.commandLine()
                .setOut(new PrintWriter(words, true))
                .setErr(new PrintWriter(words, true))
                .execute(arguments.toArray(String[]::new));
    }
}
