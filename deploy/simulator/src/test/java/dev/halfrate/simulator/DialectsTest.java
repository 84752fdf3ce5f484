package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.simulator.RawClient.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Vendors that are like OpenAI, and not quite. */
final class DialectsTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final String GATEWAY = "/gateway/v1";
    private static final String OPENROUTER = "/openrouter/api/v1";
    private static final String AZURE = "/azure/openai/v1";
    private static final String GROQ = "/groq/openai/v1";

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

    private static String inline(String field, String window, String lines) {
        return "{\"%s\":[%s],\"endpoint\":\"%s\",\"completion_window\":\"%s\",\"metadata\":{\"batch_index\":7}}"
                .formatted(field, lines, CHAT, window);
    }

    private JsonNode get(String path) {
        Answer answer = client.get(path);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    @ParameterizedTest
    @ValueSource(strings = {"input_file_content", "requests"})
    void aGatewayTakesLinesWithTheCreate(String field) {
        String lines = ChatLines.line("a", ChatLines.body("One?")) + ",\n  "
                + ChatLines.line("b", "{\"model\":\"gpt-4o\",\n\"messages\":[1]}")
                        .replace("gpt-4o\"", "gpt-4o-mini\"");

        JsonNode created =
                client.post(GATEWAY + "/batches", inline(field, "72h", lines)).json();
        String id = created.path("id").textValue();
        clock.advance(Duration.ofSeconds(30));
        JsonNode running = get(GATEWAY + "/batches/" + id);
        clock.advance(Duration.ofHours(1));
        JsonNode ended = get(GATEWAY + "/batches/" + id);
        String file = ended.path("output_file_id").textValue();
        ResultLines results = ResultLines.parse(
                client.get(GATEWAY + "/files/" + file + "/content").text());

        assertThat(created.path("status").textValue()).isEqualTo("pending");
        assertThat(created.at("/metadata/batch_index").intValue()).isEqualTo(7);
        assertThat(created.path("completion_window").textValue()).isEqualTo("72h");
        assertThat(running.path("status").textValue()).isEqualTo("in_progress");
        assertThat(ended.path("status").textValue()).isEqualTo("completed");
        assertThat(ended.path("error").isNull()).isTrue();
        assertThat(results.customIds()).containsExactlyInAnyOrder("a", "b");
        assertThat(simulator.billingBook().entries())
                .extracting(BillingBook.BilledLine::content)
                .contains(BillingBook.contentOf(CHAT, ChatLines.body("One?").getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aGatewayKnowsFewStatusesAndOneError() {
        String bad = ChatLines.line("a", "{\"model\":\"gpt-4o\"}");
        String failing = client.post(GATEWAY + "/batches", inline("requests", "24h", bad))
                .json()
                .path("id")
                .textValue();
        String cancelled = client.post(
                        GATEWAY + "/batches", inline("requests", "24h", ChatLines.line("a", ChatLines.body("Hi"))))
                .json()
                .path("id")
                .textValue();

        JsonNode cancelling =
                client.post(GATEWAY + "/batches/" + cancelled + "/cancel", "").json();
        clock.advance(Duration.ofMinutes(1));
        JsonNode failed = get(GATEWAY + "/batches/" + failing);

        assertThat(cancelling.path("status").textValue()).isEqualTo("in_progress");
        assertThat(get(GATEWAY + "/batches/" + cancelled).path("status").textValue())
                .isEqualTo("cancelled");
        assertThat(failed.path("status").textValue()).isEqualTo("failed");
        assertThat(failed.at("/error/message").textValue()).isEqualTo("Messages parameter is required.");
        assertThat(failed.has("errors")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"24h, 24", "72h, 72", "7d, 168"})
    void aGatewaysBatchHasTheTimeItWasPromised(String window, int hours) {
        SimulatorConfig never = SimulatorConfig.defaults().withLineErrorRates(new LineErrorRates(0, 0, 1));
        String lines = ChatLines.line("a", ChatLines.body("Hi"));
        try (Simulator slow = Simulator.start(never.withDataDirectory(directory), clock);
                RawClient caller = new RawClient(slow.baseUrl(), "sk-anything")) {
            String batch = GATEWAY + "/batches/"
                    + caller.post(GATEWAY + "/batches", inline("requests", window, lines))
                            .json()
                            .path("id")
                            .textValue();

            clock.advance(Duration.ofHours(hours).minusSeconds(1));
            String before = caller.get(batch).json().path("status").textValue();
            clock.advance(Duration.ofSeconds(1));
            String then = caller.get(batch).json().path("status").textValue();

            assertThat(before).isEqualTo("in_progress");
            assertThat(then).isEqualTo("expired");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"requests":[],"endpoint":"/v1/chat/completions","completion_window":"24h"}  | Invalid 'requests': empty array.
            {"endpoint":"/v1/chat/completions","completion_window":"24h"}                | Missing required parameter: 'input_file_content'.
            {"requests":{},"endpoint":"/v1/chat/completions","completion_window":"24h"}  | Invalid type for 'requests': expected an array of objects
            {"requests":[1],"endpoint":"/v1/chat/completions","completion_window":"24h"} | Invalid type for 'requests[0]': expected an object
            {"requests":[{}],"endpoint":"/v1/chat/completions","completion_window":"8h"} | Invalid value: '8h'. Supported values are: '24h', '72h', '7d'.
            {"requests":[{}],"endpoint":"/v1/chat/comp                                   | We could not parse the JSON body of your request.
            """)
    void aGatewayRefusesWhatIsNoBatch(String body, String message) {
        Answer answer = client.post(GATEWAY + "/batches", body);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error("message")).startsWith(message);
    }

    @Test
    void aGatewayMayKnowACreateAgain() {
        client.send("PUT", "/control/habits", BodyPublishers.ofString("{\"idempotency_keys\": true}"));

        String first = createUnder("one");
        String again = createUnder("one");
        String other = createUnder("other");

        assertThat(again).isEqualTo(first);
        assertThat(other).isNotEqualTo(first);
        assertThat(get(GATEWAY + "/batches").path("data")).hasSize(2);
        assertThat(simulator.billingBook().summary().createsReceived()).isEqualTo(3);
    }

    private String createUnder(String key) {
        return client.send(
                        "POST",
                        GATEWAY + "/batches",
                        BodyPublishers.ofString(inline("requests", "24h", ChatLines.line("a", ChatLines.body("Hi")))),
                        "Idempotency-Key",
                        key)
                .json()
                .path("id")
                .textValue();
    }

    @Test
    void openRouterTakesRequestsAndGivesTheirResultsWithTheBatch() {
        Answer created = client.post(OPENROUTER + "/batches", """
                {"endpoint": "/v1/chat/completions", "model": "openai/gpt-4o-mini", "requests": [
                  {"custom_id": "a", "body": {"messages": [{"role": "user", "content": "Hi"}]}},
                  {"custom_id": "b", "body": {"messages": [], "model": "openai/gpt-4o-mini"}}]}
                """);
        String id = created.json().path("id").textValue();
        JsonNode running = get(OPENROUTER + "/batches/" + id);
        Answer cancel = client.post(OPENROUTER + "/batches/" + id + "/cancel", "");
        clock.advance(Duration.ofHours(1));
        JsonNode ended = get(OPENROUTER + "/batches/" + id);

        assertThat(created.status()).isEqualTo(202);
        assertThat(created.json().path("status").textValue()).isEqualTo("validating");
        assertThat(running.path("results").isNull()).isTrue();
        assertThat(cancel.status()).isEqualTo(404);
        assertThat(ended.path("status").textValue()).isEqualTo("completed");
        assertThat(ended.has("output_file_id")).isFalse();
        assertThat(ended.path("results")).hasSize(2);
        assertThat(ended.at("/results/0/custom_id").textValue()).isEqualTo("a");
        assertThat(ended.at("/results/0/response/body/model").textValue()).isEqualTo("openai/gpt-4o-mini");
        assertThat(ended.at("/results/1/response/status_code").intValue()).isEqualTo(400);
    }

    private String azureUpload(String lines) {
        return client.send(
                        "POST",
                        AZURE + "/files",
                        BodyPublishers.ofString(RawClient.field("purpose", "batch")
                                + RawClient.filePart("in.jsonl", lines)
                                + "--" + RawClient.BOUNDARY + "--\r\n"),
                        "Content-Type",
                        "multipart/form-data; boundary=" + RawClient.BOUNDARY)
                .json()
                .path("id")
                .textValue();
    }

    private Answer azureCreate(String file, String endpoint) {
        return client.post(
                AZURE + "/batches",
                "{\"input_file_id\":\"%s\",\"endpoint\":\"%s\",\"completion_window\":\"24h\"}"
                        .formatted(file, endpoint));
    }

    @Test
    void azureWritesTheSameThingsInAnotherWay() {
        String lines = ChatLines.of(2).replace("gpt-4o-mini", "our-deployment").replace("/v1/chat", "/chat");
        JsonNode created = azureCreate(azureUpload(lines), "/chat/completions").json();
        clock.advance(Duration.ofHours(1));
        JsonNode ended = get(AZURE + "/batches/" + created.path("id").textValue());
        JsonNode listed = get("/azure/openai/batches?api-version=2024-10-21").at("/data/0");

        assertThat(created.path("status").textValue()).isEqualTo("Validating");
        assertThat(created.path("created_at").textValue()).isEqualTo("2026-11-21T12:00:00Z");
        assertThat(created.path("output_file_id").textValue()).isEmpty();
        assertThat(created.at("/request_counts/total").isNull()).isTrue();
        assertThat(ended.path("status").textValue()).isEqualTo("Completed");
        assertThat(ended.path("error_file_id").textValue()).startsWith("file-");
        assertThat(client.get(AZURE + "/files/" + ended.path("error_file_id").textValue() + "/content")
                        .text())
                .isEmpty();
        ResultLines output = ResultLines.parse(
                client.get(AZURE + "/files/" + ended.path("output_file_id").textValue() + "/content")
                        .text());
        assertThat(output.parsed()).hasSize(2).noneMatch(line -> line.has("id"));
        assertThat(output.parsed()).allMatch(line -> line.at("/response/body").has("prompt_filter_results"));
        assertThat(listed).isEqualTo(ended);
    }

    @Test
    void azureTakesItsKeyInAHeaderOfItsOwn() {
        try (RawClient keyless = new RawClient(simulator.baseUrl(), "")) {
            assertThat(keyless.get(AZURE + "/files").status()).isEqualTo(401);
            assertThat(keyless.send("GET", AZURE + "/files", BodyPublishers.noBody(), "api-key", "secret")
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void azureNeverExpiresABatch() {
        client.send("PUT", "/control/habits", BodyPublishers.ofString("{\"slowdown\": 1000}"));
        String id = azureCreate(azureUpload(ChatLines.of(1)), CHAT)
                .json()
                .path("id")
                .textValue();

        clock.advance(Duration.ofHours(25));
        String late = get(AZURE + "/batches/" + id).path("status").textValue();
        clock.advance(Duration.ofDays(30));

        assertThat(late).isEqualTo("In_progress");
        assertThat(get(AZURE + "/batches/" + id).path("status").textValue()).isEqualTo("Completed");
    }

    @Test
    void azureRefusesAtOnceWhatFindsItsQueueFull() {
        client.send("PUT", "/control/limits", BodyPublishers.ofString("{\"enqueued_tokens\": {\"*\": 5}}"));

        Answer refused = azureCreate(azureUpload(ChatLines.of(1)), CHAT);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.error("code")).isEqualTo("token_limit_exceeded");
        assertThat(get(AZURE + "/batches").path("data")).isEmpty();
    }

    @Test
    void azureHasNamesOfItsOwnForMistakes() {
        String mixed = ChatLines.line("a", ChatLines.body("1")) + "\n"
                + ChatLines.line("b", ChatLines.body("2").replace("gpt-4o-mini", "other")) + "\n"
                + ChatLines.line("c", ChatLines.body("3")).replace("/chat/completions", "/embeddings") + "\n";
        String id = azureCreate(azureUpload(mixed), CHAT).json().path("id").textValue();
        clock.advance(Duration.ofMinutes(1));

        JsonNode errors = get(AZURE + "/batches/" + id).at("/errors/data");

        assertThat(errors.findValuesAsText("code")).containsExactly("model_mismatch", "url_mismatch");
    }

    @Test
    void groqKnowsChatsOnlyAndWindowsOfAWeek() {
        Answer embeddings = client.post(
                GROQ + "/batches",
                "{\"input_file_id\":\"file-1\",\"endpoint\":\"/v1/embeddings\",\"completion_window\":\"24h\"}");
        Answer week = client.post(
                GROQ + "/batches",
                "{\"input_file_id\":\"file-1\",\"endpoint\":\"%s\",\"completion_window\":\"7d\"}".formatted(CHAT));
        Answer tooLong = client.post(
                GROQ + "/batches",
                "{\"input_file_id\":\"file-1\",\"endpoint\":\"%s\",\"completion_window\":\"8d\"}".formatted(CHAT));

        assertThat(embeddings.error("param")).isEqualTo("endpoint");
        assertThat(week.json().path("expires_at").longValue())
                .isEqualTo(week.json().path("created_at").longValue() + 7 * 86_400);
        assertThat(tooLong.error("param")).isEqualTo("completion_window");
        assertThat(get(GROQ + "/batches").properties())
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder("object", "data");
    }

    @Test
    void oneKeyHasAnAccountAtEach() {
        client.upload(ChatLines.of(1));

        for (String other : List.of(AZURE, GROQ, GATEWAY, OPENROUTER)) {
            assertThat(get(other + "/files").path("data")).as(other).isEmpty();
        }
        assertThat(get("/v1/files").path("data")).hasSize(1);
    }

    @Test
    void modelsMayBeCalledAtEach() {
        for (String base : List.of("/v1", AZURE, GROQ, GATEWAY, OPENROUTER)) {
            assertThat(client.post(base + "/chat/completions", ChatLines.body("Hi"))
                            .status())
                    .as(base)
                    .isEqualTo(200);
        }
        assertThat(simulator.billingBook().summary().callsBilled()).isEqualTo(5);
    }
}
