package dev.halfrate.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.halfrate.simulator.BillingBook.BilledLine;
import dev.halfrate.simulator.BillingBook.Price;
import dev.halfrate.simulator.RawClient.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is answered at once and paid in full. */
final class SynchronousCallsTest {

    private static final String MESSAGES = "/v1/messages";
    private static final String MESSAGE =
            "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":1000,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    private final ManualClock clock = new ManualClock();

    @TempDir
    Path directory;

    private Simulator simulator;
    private RawClient client;

    @BeforeEach
    void start() {
        simulator = Simulator.start(SimulatorConfig.defaults().withDataDirectory(directory), clock);
        client = new RawClient(simulator.baseUrl(), "sk-anything");
    }

    @AfterEach
    void stop() {
        client.close();
        simulator.close();
    }

    private Answer message(String body) {
        return client.send("POST", MESSAGES, BodyPublishers.ofString(body), "anthropic-version", "2023-06-01");
    }

    /** Without what depends on the time. */
    private static JsonNode timeless(JsonNode answer) {
        return ((ObjectNode) answer.deepCopy()).without(List.of("created", "created_at", "completed_at", "expires_at"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            /v1/chat/completions   | "model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]
            /v1/responses          | "model":"gpt-5","input":"Hi"
            /v1/embeddings         | "model":"text-embedding-3-small","input":["a","b"],"dimensions":4
            /v1/completions        | "model":"davinci-002","prompt":"Once"
            /v1/moderations        | "input":"Hi"
            /v1/images/generations | "model":"gpt-image-1","prompt":"A cat","n":2
            /v1/images/edits       | "model":"gpt-image-1","prompt":"A dog","images":[{"file_id":"file-1"}]
            /v1/videos             | "model":"sora-2","prompt":"A run"
            """)
    void anAnswerIsThatOfABatchsLine(String endpoint, String parameters) {
        String body = "{" + parameters + "}";
        String line =
                "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"%s\",\"body\":%s}\n".formatted(endpoint, body);
        String batch = client.create(client.upload(line), endpoint);
        clock.advance(Duration.ofHours(1));

        JsonNode inBatch =
                client.results(batch, "output_file_id").parsed().getFirst().at("/response/body");
        Answer called = client.post(endpoint, body);

        assertThat(called.status()).isEqualTo(200);
        assertThat(timeless(called.json())).isEqualTo(timeless(inBatch));
        List<BilledLine> billed = simulator.billingBook().entries();
        assertThat(billed).extracting(BilledLine::price).containsExactly(Price.HALF, Price.FULL);
        assertThat(billed.get(1).content()).isEqualTo(billed.get(0).content());
        assertThat(billed.get(1).model()).isEqualTo(billed.get(0).model()).isNotEmpty();
        assertThat(billed.get(1).inputTokens()).isEqualTo(billed.get(0).inputTokens());
        assertThat(billed.get(1).outputTokens()).isEqualTo(billed.get(0).outputTokens());
    }

    @Test
    void aCallIsBilledToItsCallerByContent() {
        String body = ChatLines.body("Why?");

        Answer answer = client.post("/v1/chat/completions", body);

        assertThat(simulator.billingBook().entries()).singleElement().satisfies(call -> {
            assertThat(call.account()).isEqualTo(answer.header("openai-organization"));
            assertThat(call.requestId()).isEqualTo(answer.header("x-request-id"));
            assertThat(call.batchId()).isEmpty();
            assertThat(call.customId()).isEmpty();
            assertThat(call.endpoint()).isEqualTo("/v1/chat/completions");
            assertThat(call.model()).isEqualTo("gpt-4o-mini");
            assertThat(call.content()).isEqualTo(BillingBook.contentOf("/v1/chat/completions", body.getBytes(UTF_8)));
            assertThat(call.outputTokens())
                    .isEqualTo(answer.json().at("/usage/completion_tokens").longValue());
        });
        assertThat(simulator.billingBook().summary()).isEqualTo(new BillingBook.Summary(0, 1, 0, 0, 0, 1));
    }

    @Test
    void whatABatchHasDoneAndACallDoesAgainIsBilledTwice() {
        String body = ChatLines.body("Why?");
        client.create(client.upload(ChatLines.line("a", body) + "\n"), "/v1/chat/completions");
        clock.advance(Duration.ofHours(1));

        client.post("/v1/chat/completions", body);

        assertThat(simulator.billingBook().summary()).isEqualTo(new BillingBook.Summary(1, 1, 1, 1, 1, 1));
    }

    @Test
    void aMessageIsThatOfABatchsRequest() {
        client.send(
                "POST",
                "/v1/messages/batches",
                BodyPublishers.ofString("{\"requests\":[{\"custom_id\":\"a\",\"params\":%s}]}".formatted(MESSAGE)),
                "anthropic-version",
                "2023-06-01");
        clock.advance(Duration.ofHours(1));
        assertThat(simulator.billingBook().entries()).hasSize(1);

        Answer called = message(MESSAGE);

        assertThat(called.json().at("/usage/service_tier").textValue()).isEqualTo("standard");
        assertThat(called.json().path("model").textValue()).isEqualTo("claude-haiku-4-5-20251001");
        assertThat(called.header("anthropic-organization-id")).startsWith("org-");
        List<BilledLine> billed = simulator.billingBook().entries();
        assertThat(billed).extracting(BilledLine::price).containsExactly(Price.HALF, Price.FULL);
        assertThat(billed)
                .extracting(BilledLine::content)
                .containsOnly(billed.getFirst().content());
        assertThat(billed.getLast().requestId()).isEqualTo(called.header("request-id"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            `[]`                                           | 400 | ``                         | We could not parse the JSON body
            `{"messages":[1]}`                             | 400 | ``                         | you must provide a model parameter
            `{"model":"claude-9","messages":[1]}`          | 404 | model_not_found            | The model claude-9 does not exist
            `{"model":"gpt-4o"}`                           | 400 | missing_required_parameter | Missing required parameter: 'messages'.
            `{"model":"gpt-4o","messages":[]}`             | 400 | empty_array                | Invalid 'messages': empty array
            `{"model":"gpt-4o","messages":[1],"top_p":2}`  | 400 | decimal_above_max_value    | Invalid 'top_p'
            `{"model":"gpt-4o","messages":[1],"stream":true}` | 400 | unsupported_value       | Streaming is not supported
            """)
    void mistakesCostNothing(String body, int status, String code, String message) {
        Answer answer = client.post("/v1/chat/completions", body);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.json().at("/error/code").asText("")).isEqualTo(code);
        assertThat(answer.error("message").replace("`", "")).contains(message);
        assertThat(simulator.billingBook().entries()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "model":"gpt-4o"      | 404 | not_found_error       | model: gpt-4o
            "max_tokens":64001    | 400 | invalid_request_error | max_tokens: 64001 > 64000
            "messages":[]         | 400 | invalid_request_error | messages: at least one message is required
            """)
    void mistakesInMessagesHaveTheVendorsEnvelope(String parameter, int status, String type, String message)
            throws Exception {
        ObjectNode body = (ObjectNode) Json.MAPPER.readTree(MESSAGE);
        body.setAll((ObjectNode) Json.MAPPER.readTree("{" + parameter + "}"));

        Answer answer = message(body.toString());

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.json().path("type").textValue()).isEqualTo("error");
        assertThat(answer.error("type")).isEqualTo(type);
        assertThat(answer.error("message")).startsWith(message);
        assertThat(answer.json().path("request_id").textValue()).isEqualTo(answer.header("request-id"));
        assertThat(simulator.billingBook().entries()).isEmpty();
    }

    @Test
    void aShareOfCallsFailsAndMaySucceedWhenTriedAgain() {
        client.send("PUT", "/control/habits", BodyPublishers.ofString("{\"calls_failed\": 0.5}"));

        List<Integer> statuses = IntStream.range(0, 40)
                .mapToObj(_ -> client.post("/v1/chat/completions", ChatLines.body("Why?"))
                        .status())
                .toList();

        assertThat(statuses).contains(200, 500, 503);
        assertThat(simulator.billingBook().entries())
                .hasSize((int) statuses.stream().filter(status -> status == 200).count());
    }

    @Test
    void answersAreAsLongAsWishedWithinTheirTokens() {
        client.send("PUT", "/control/habits", BodyPublishers.ofString("{\"answer_bytes_min\": 5000}"));

        Answer free = client.post("/v1/chat/completions", ChatLines.body("Why?"));
        Answer limited = message(MESSAGE);

        assertThat(free.json().at("/choices/0/message/content").textValue().getBytes(UTF_8))
                .hasSizeBetween(5_000, 5_200);
        assertThat(limited.json().path("stop_reason").textValue()).isEqualTo("max_tokens");
        assertThat(limited.json().at("/usage/output_tokens").intValue()).isEqualTo(1_000);
    }

    @Test
    void tokensCanBeCountedBeforehand() {
        Answer answer = client.send(
                "POST",
                MESSAGES + "/count_tokens",
                BodyPublishers.ofString(MESSAGE),
                "anthropic-version",
                "2023-06-01");

        assertThat(answer.json().path("input_tokens").longValue())
                .isEqualTo(message(MESSAGE).json().at("/usage/input_tokens").longValue());
    }
}
