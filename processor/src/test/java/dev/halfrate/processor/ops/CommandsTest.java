package dev.halfrate.processor.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.Commands.Lanes;
import dev.halfrate.processor.ops.Commands.Resolution;
import dev.halfrate.processor.ops.Commands.Wish;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.InternalFormat;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class CommandsTest {
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
    private static final Wish WISH = new Wish("ada", "w-1");
    private static final HalfrateConfig CONFIG = ConfigFile.parse("""
            kafka: {bootstrap.servers: none}
            accounts:
              - {name: main, key: {env: K}, pool: shared}
              - {name: second, key: {env: K}, pool: shared}
              - {name: other, key: {env: K}}
            """, Map.of("K", "key"));

    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final Commands commands = new Commands(CONFIG, () -> producer, () -> NOW);

    private List<Command> told() {
        return producer.history().stream()
                .filter(sent -> sent.topic().equals("halfrate-lane-inbox"))
                .map(ProducerRecord::value)
                .map(InternalFormat.COMMAND::decode)
                .toList();
    }

    private String audited() throws Exception {
        var records = producer.history().stream()
                .filter(sent -> sent.topic().equals("llm.audit"))
                .toList();
        assertThat(records).hasSize(1);
        return new ObjectMapper().readTree(records.getFirst().value()).toString();
    }

    @Test
    void aPauseIsToldToThePoolOfTheLanesAccountAndWrittenDown() throws Exception {
        commands.pause(WISH, Lanes.named("second/gpt-4o/v1/responses#red"));

        assertThat(producer.commitCount()).isOne();
        assertThat(told())
                .containsExactly(new Command(
                        CommandKind.PAUSE,
                        "w-1",
                        "shared",
                        null,
                        "",
                        Map.of("account", "second", "lane", "second/gpt-4o/v1/responses#red"),
                        NOW.toEpochMilli(),
                        "ada"));
        assertThat(producer.history().getFirst().key()).isEqualTo("shared".getBytes(UTF_8));
        assertThat(audited()).isEqualTo("""
                {"at":"2026-11-22T10:00:00.000Z","by":"ada","action":"pause","account":null,\
                "lane":"second/gpt-4o/v1/responses#red","batch_id":null,"custom_id":null,"resolution":null,"attempt":null,\
                "remote_batch_id":null,"command_id":"w-1"}""");
    }

    @Test
    void whatNobodyKnowsTheOwnerOfIsToldToEveryPoolOnce() throws Exception {
        commands.resolve(WISH, "b-1", 3, Resolution.FOUND, "batch_9");

        assertThat(told()).extracting(Command::getPool).containsExactly("shared", "other");
        assertThat(told()).allSatisfy(command -> {
            assertThat(command.getTarget()).isEqualTo("b-1");
            assertThat(command.getArguments())
                    .isEqualTo(Map.of("resolution", "FOUND", "attempt", "3", "remoteBatchId", "batch_9"));
        });
        assertThat(audited()).contains("\"resolution\":\"found\",\"attempt\":3,\"remote_batch_id\":\"batch_9\"");
    }

    @Test
    void anAccountThatIsNotThereIsSaidSo() {
        assertThatThrownBy(() -> commands.flush(WISH, Lanes.of("mian")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'mian'")
                .hasMessageContaining("main, second, other");
        assertThat(producer.history()).isEmpty();
    }

    @Test
    void whatCouldNotBeWrittenIsNotSaidToBeDone() {
        producer.commitTransactionException = new KafkaException("away");

        assertThatThrownBy(() -> commands.cancelBatch(WISH, "b-1"))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("ask again");
        assertThat(producer.closed()).as("the next wish gets another one").isTrue();
    }

    @Test
    void aRepeatedWishIsToldOnce() throws Exception {
        commands.cancelBatch(WISH, "b-1");
        commands.cancelBatch(WISH, "b-1");

        assertThat(producer.commitCount()).isOne();
        assertThat(audited()).contains("\"action\":\"cancel\"", "\"by\":\"ada\"");
    }

    @Test
    void anIdIsOfOneWishOnly() {
        commands.cancelBatch(WISH, "b-1");

        assertThatThrownBy(() -> commands.cancelBatch(WISH, "b-2"))
                .isInstanceOf(Commands.IdTakenException.class)
                .hasMessageContaining("w-1");
        assertThatThrownBy(() -> commands.cancelBatch(new Wish("eve", "w-1"), "b-1"))
                .isInstanceOf(Commands.IdTakenException.class);
        assertThat(producer.commitCount()).isOne();
    }

    @Test
    void whatNobodyKnowsTheOutcomeOfIsToldAgain() {
        var next = new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        producer.commitTransactionException = new KafkaException("away");
        var producers = new ArrayDeque<>(List.of(producer, next));
        var failing = new Commands(CONFIG, producers::remove, () -> NOW);
        assertThatThrownBy(() -> failing.cancelBatch(WISH, "b-1")).isInstanceOf(StartupException.class);

        failing.cancelBatch(WISH, "b-1");

        assertThat(next.commitCount()).isOne();
    }
}
