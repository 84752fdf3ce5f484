package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.cli.CommandLines;
import dev.halfrate.processor.lines.WholeFile;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DemoIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration STALL_MAX = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    @Test
    void eachRequestGetsItsOwnAnswerByteForByte() throws Exception {
        // Given
        var file = directory.resolve("answers.jsonl");
        var lines = RequestLines.generated(200, 3);
        try (var stack = LocalStack.start(new LocalStack.Plan(0, 0, directory, 3, 300, true, null));
                var answers = new WholeFile(file)) {
            // When
            var outcome =
                    new Demo(stack.config(), stack.failure(), lines, answers, STALL_MAX, screen()).run(() -> false);
            answers.finish();

            // Then
            assertThat(outcome.isClean()).as(outcome.toString()).isTrue();
            assertThat(stack.billingBook().summary().linesBilled()).isEqualTo(200);
            var asked = new HashMap<String, String>();
            forEach(lines, line -> asked.put(customId(line), SimulatorApi.raw(line, List.of("body"))));
            var exchanges = new SimulatorApi(stack.simulatorUrl()).exchanges();
            var results = Files.readAllLines(file);
            assertThat(results).hasSize(200);
            for (var result : results) {
                var answered = new SimulatorApi.Exchange(
                        Objects.requireNonNull(asked.remove(customId(result.getBytes(UTF_8))), result),
                        SimulatorApi.raw(result.getBytes(UTF_8), List.of("response")));
                assertThat(exchanges).contains(answered);
            }
            assertThat(asked).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Upstream.class,
            names = {"ANTHROPIC", "GATEWAY"})
    void everyVendorsRequestsAreAnswered(Upstream upstream) throws Exception {
        var lines = RequestLines.generated(60, 5, upstream == Upstream.ANTHROPIC);
        try (var stack = LocalStack.start(new LocalStack.Plan(0, 0, directory, 5, 300, true, upstream))) {
            var outcome = new Demo(stack.config(), stack.failure(), lines, null, STALL_MAX, screen()).run(() -> false);

            assertThat(outcome.isClean()).as(outcome.toString()).isTrue();
            assertThat(stack.billingBook().summary().linesBilled()).isEqualTo(60);
        }
    }

    @Test
    void everyKindOfLineIsAnsweredAndTheExitCodeSaysSo() throws Exception {
        // Given lines that are good, repeated, in conflict, refused, and nothing that can be answered by a result
        var file = Files.writeString(
                directory.resolve("lines.jsonl"),
                String.join(
                        "\n",
                        request("good", "What is 2 + 2?", ""),
                        request("good", "What is 2 + 2?", ""),
                        request("good", "What is 3 + 3?", ""),
                        request("streaming", "What is 4 + 4?", ", \"stream\": true"),
                        "{\"custom_id\": \"no-body\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\"}",
                        "",
                        "[1, 2]",
                        "not JSON",
                        " ",
                        "{\"custom_id\": 7}"));
        var out = directory.resolve("answers.jsonl");

        // When
        var words = new StringWriter();
        var exitCode = LocalMain.commandLine()
                .setOut(new PrintWriter(words, true))
                .setErr(new PrintWriter(words, true))
                .execute("demo", "--file", file.toString(), "--out", out.toString(), "--speed", "300");

        // Then
        assertThat(exitCode).as(words.toString()).isEqualTo(CommandLines.DONE);
        assertThat(statuses(out))
                .isEqualTo(Map.of("good", "succeeded", "streaming", "rejected", "no-body", "rejected"));
        assertThat(words.toString())
                .containsPattern("dead letters +5")
                .containsPattern("repeated +1 line ")
                .containsPattern("billed +1 line, none twice");
    }

    @Test
    void requestsToAnthropicAreAnsweredInEitherVendorsForm() throws Exception {
        // Given
        var message = "{\"model\": \"claude-haiku-4-5\", \"max_tokens\": 500, \"messages\": [{\"role\": \"user\","
                + " \"content\": \"%s\"}]}";
        var file = Files.writeString(
                directory.resolve("lines.jsonl"),
                String.join(
                        "\n",
                        "{\"custom_id\": \"HumanEval/0\", \"params\": %s}".formatted(message.formatted("Why?")),
                        "{\"custom_id\": \"ü 1\", \"method\": \"POST\", \"url\": \"/v1/messages\", \"body\": %s}"
                                .formatted(message.formatted("How?")),
                        "{\"custom_id\": \"endless\", \"params\": {\"model\": \"claude-haiku-4-5\"}}",
                        request("other vendor", "What is 2 + 2?", "")));
        var answersFile = directory.resolve("answers.jsonl");
        try (var stack = LocalStack.start(new LocalStack.Plan(0, 0, directory, 3, 300, true, null));
                var answers = new WholeFile(answersFile)) {
            // When
            var outcome = new Demo(
                            stack.config(), stack.failure(), RequestLines.ofFile(file), answers, STALL_MAX, screen())
                    .run(() -> false);
            answers.finish();

            // Then
            assertThat(outcome.isClean()).as(outcome.toString()).isTrue();
            assertThat(statuses(answersFile))
                    .isEqualTo(Map.of(
                            "HumanEval/0",
                            "succeeded",
                            "ü 1",
                            "succeeded",
                            "endless",
                            "rejected",
                            "other vendor",
                            "succeeded"));
            for (var answer : Files.readAllLines(answersFile)) {
                var result = JSON.readTree(answer);
                if (result.path("model").asText().startsWith("claude")
                        && !result.path("response").isNull()) {
                    assertThat(result.path("provider").asText()).isEqualTo("anthropic");
                    assertThat(result.path("account").asText()).isEqualTo("simulator-anthropic");
                    assertThat(result.at("/response/type").asText()).isEqualTo("message");
                    assertThat(result.at("/usage/output_tokens").asLong()).isPositive();
                }
            }
            var billing = stack.billingBook().summary();
            assertThat(billing.linesBilled()).isEqualTo(3);
            assertThat(billing.contentsBilledMoreThanOnce()).isZero();
        }
    }

    private static String request(String customId, String question, String more) {
        return """
                {"custom_id": "%s", "method": "POST", "url": "/v1/chat/completions", "body": \
                {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "%s"}]%s}}""".formatted(customId, question, more);
    }

    private static Map<String, String> statuses(Path results) throws Exception {
        var statuses = new HashMap<String, String>();
        for (var result : Files.readAllLines(results)) {
            var json = JSON.readTree(result);
            assertThat(statuses.put(
                            json.path("custom_id").asText(), json.path("status").asText()))
                    .isNull();
        }
        return statuses;
    }

    @FunctionalInterface
    private interface LineAction {
        void accept(byte[] line) throws Exception;
    }

    private static void forEach(RequestLines lines, LineAction action) throws Exception {
        try (var reader = lines.open()) {
            for (var line = reader.next(); line != null; line = reader.next()) {
                action.accept(line);
            }
        }
    }

    private static String customId(byte[] line) throws Exception {
        return JSON.readTree(line).path("custom_id").asText();
    }

    private static Screen screen() {
        return Screen.plain(new PrintWriter(System.out, true, UTF_8));
    }
}
