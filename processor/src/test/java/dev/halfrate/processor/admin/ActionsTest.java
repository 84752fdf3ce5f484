package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.config.AdminConfig.Role;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.ops.Commands;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.InternalFormat;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ActionsTest {
    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final Actions actions =
            new Actions(new Commands(ConfigFile.parse("""
            kafka: {bootstrap.servers: none}
            accounts: [{name: main, key: {env: K}}]
            """, Map.of("K", "key")), () -> producer, () -> Instant.EPOCH));

    private static Call call(String body, String key) {
        return new Call(
                new Caller("ada", Role.OPERATE, true),
                "",
                Map.of("id", "b-1", "custom_id", "a/1"),
                Map.of(),
                key,
                body.getBytes(UTF_8));
    }

    private List<Command> told() {
        return producer.history().stream()
                .filter(sent -> sent.topic().equals("halfrate-lane-inbox"))
                .map(sent -> InternalFormat.COMMAND.decode(sent.value()))
                .toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"account": "main"}               | account=main
                    {"lane": "main/m/v1/responses"}   | lane=main/m/v1/responses
                    """)
    void aPauseIsToldInTheCallersNameUnderItsKey(String body, String argument) {
        var answer = actions.lanes(call(body, "key-1"), Commands::pause);

        assertThat(answer).isEqualTo(new Answer.Json(202, new Actions.Accepted("key-1")));
        assertThat(told()).singleElement().satisfies(command -> {
            assertThat(command.getKind()).isEqualTo(CommandKind.PAUSE);
            assertThat(command.getBy()).isEqualTo("ada");
            assertThat(command.getCommandId()).isEqualTo("key-1");
            assertThat(command.getArguments().toString()).contains(argument);
        });
    }

    @Test
    void aHoldIsResolvedAsItIsSeen() {
        actions.resolve(call("{\"resolution\": \"found\", \"attempt\": 2, \"remote_batch_id\": \"batch_9\"}", ""));

        assertThat(told()).singleElement().satisfies(command -> {
            assertThat(command.getTarget()).isEqualTo("b-1");
            assertThat(command.getArguments())
                    .isEqualTo(Map.of("resolution", "FOUND", "attempt", "2", "remoteBatchId", "batch_9"));
            assertThat(command.getCommandId()).isNotEmpty();
        });
    }

    @Test
    void batchesAndRequestsAreCancelled() {
        actions.cancelBatch(call("", ""));
        actions.cancelRequest(call("", ""));

        assertThat(told())
                .extracting(command -> command.getKind() + " " + command.getTarget())
                .containsExactly("CANCEL_BATCH b-1", "CANCEL_REQUEST a/1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "{\"account\": \"main\", \"lane\": \"main/m/v1/responses\"}",
                "{\"account\": \"main\", \"why\": 1}",
                "{\"account\": \"mian\"}",
                "{\"account\": \"main\"} {}"
            })
    void whatIsNotMeantIsRefused(String body) {
        assertThatThrownBy(() -> actions.lanes(call(body, ""), Commands::flush)).isInstanceOf(ProblemException.class);
        assertThat(producer.history()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"resolution\": \"again\"}",
                "{\"resolution\": \"again\", \"attempt\": 0}",
                "{\"resolution\": \"agian\", \"attempt\": 1}",
                "{\"resolution\": \"found\", \"attempt\": 1}",
                "{\"resolution\": \"look\", \"attempt\": 1, \"remote_batch_id\": \"batch_1\"}"
            })
    void aResolutionThatCouldBeAnotherIsRefused(String body) {
        assertThatThrownBy(() -> actions.resolve(call(body, ""))).isInstanceOf(ProblemException.class);
        assertThat(producer.history()).isEmpty();
    }

    @Test
    void aKeyThatIsNoneIsRefused() {
        assertThatThrownBy(() -> actions.cancelBatch(call("", "a b"))).isInstanceOf(ProblemException.class);
    }
}
