package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.simulator.RawClient.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Quotas and rates. */
final class LimitsTest {

    private static final String CHAT = "/v1/chat/completions";

    private final ManualClock clock = new ManualClock();

    @TempDir
    Path directory;

    private Simulator simulator;
    private RawClient client;
    private RawClient other;

    @BeforeEach
    void start() {
        simulator = Simulator.start(
                SimulatorConfig.defaults().withDataDirectory(directory).withSpeed(1), clock);
        client = new RawClient(simulator.baseUrl(), "sk-one");
        other = new RawClient(simulator.baseUrl(), "sk-two");
    }

    @AfterEach
    void stop() {
        client.close();
        other.close();
        simulator.close();
    }

    private void limits(String limits) {
        assertThat(client.send("PUT", "/control/limits", BodyPublishers.ofString(limits))
                        .status())
                .isEqualTo(200);
    }

    private JsonNode validated(RawClient account, String file) {
        String id = account.create(file, CHAT);
        clock.advance(Duration.ofSeconds(20));
        return account.batch(id);
    }

    private static String status(JsonNode batch) {
        return batch.path("status").textValue();
    }

    /** A line's prompt has 44 bytes, which are 11 tokens, or one more where its number has two digits. */
    @Test
    void aBatchThatDoesNotFitIntoTheQueueFailsUntilOthersHaveEnded() {
        limits("{\"enqueued_tokens\": {\"gpt-4o-mini\": 30}}");
        String file = client.upload(ChatLines.of(2));

        JsonNode first = validated(client, file);
        JsonNode second = validated(client, file);
        JsonNode stranger = validated(other, other.upload(ChatLines.of(2)));
        clock.advance(Duration.ofHours(1));
        client.batch(first.path("id").textValue());
        JsonNode third = validated(client, file);

        assertThat(status(first)).isEqualTo("in_progress");
        assertThat(status(second)).isEqualTo("failed");
        JsonNode error = second.at("/errors/data/0");
        assertThat(error.path("code").textValue()).isEqualTo("token_limit_exceeded");
        assertThat(error.path("line").isNull()).isTrue();
        assertThat(error.path("param").isNull()).isTrue();
        assertThat(error.path("message").textValue())
                .startsWith("Enqueued token limit reached for gpt-4o-mini in organization org-")
                .contains("Limit: 30 enqueued tokens.");
        assertThat(status(stranger)).as("another account's queue is its own").isEqualTo("in_progress");
        assertThat(status(third)).isEqualTo("in_progress");
    }

    @ParameterizedTest
    @CsvSource({"cancelled", "expired"})
    void tokensAreFreeAgainHoweverABatchEnds(String end) {
        limits("{\"enqueued_tokens\": {\"*\": 30}}");
        client.send("PUT", "/control/habits", BodyPublishers.ofString("{\"slowdown\": 1000}"));
        String file = client.upload(ChatLines.of(2));
        String id = validated(client, file).path("id").textValue();

        if (end.equals("cancelled")) {
            client.post("/v1/batches/" + id + "/cancel", "");
            assertThat(status(validated(client, file))).as("still there").isEqualTo("failed");
        }
        clock.advance(Duration.ofHours(24));

        assertThat(status(client.batch(id))).isEqualTo(end);
        assertThat(status(validated(client, file))).isEqualTo("in_progress");
    }

    @Test
    void createsAreCountedByTheHour() {
        limits("{\"batch_creates_per_hour\": 2}");
        String file = client.upload(ChatLines.of(1));
        client.create(file, CHAT);
        client.create(file, CHAT);

        Answer third = client.post(
                "/v1/batches",
                "{\"input_file_id\":\"%s\",\"endpoint\":\"%s\",\"completion_window\":\"24h\"}".formatted(file, CHAT));
        clock.advance(Duration.ofHours(1));

        assertThat(third.status()).isEqualTo(429);
        assertThat(third.error("code")).isEqualTo("rate_limit_exceeded");
        assertThat(third.header("Retry-After")).isEqualTo("3600");
        assertThat(client.get("/v1/batches").json().path("data")).hasSize(2);
        assertThat(client.create(file, CHAT)).startsWith("batch_");
    }

    @Test
    void callsOfAMinuteAreCountedAndWhatIsLeftIsTold() {
        limits("{\"calls_per_minute\": 2, \"tokens_per_minute\": 1000}");
        Answer first = client.post(CHAT, ChatLines.body("Hi?"));
        clock.advance(Duration.ofSeconds(15));
        Answer second = client.post(CHAT, ChatLines.body("Hi?"));
        Answer third = client.post(CHAT, ChatLines.body("Hi?"));
        Answer otherModel = client.post(CHAT, ChatLines.body("Hi?").replace("gpt-4o-mini", "gpt-4o"));
        clock.advance(Duration.ofSeconds(45));

        assertThat(first.header("x-ratelimit-limit-requests")).isEqualTo("2");
        assertThat(first.header("x-ratelimit-remaining-requests")).isEqualTo("1");
        assertThat(first.header("x-ratelimit-reset-requests")).isEqualTo("1m0s");
        assertThat(first.header("x-ratelimit-limit-tokens")).isEqualTo("1000");
        assertThat(second.header("x-ratelimit-remaining-requests")).isEqualTo("0");
        assertThat(second.header("x-ratelimit-reset-requests")).isEqualTo("45s");
        assertThat(third.status()).isEqualTo(429);
        assertThat(third.error("type")).isEqualTo("requests");
        assertThat(third.header("Retry-After")).isEqualTo("45");
        assertThat(otherModel.status()).isEqualTo(200);
        assertThat(client.post(CHAT, ChatLines.body("Hi?")).status()).isEqualTo(200);
    }

    @Test
    void tokensOfAMinuteAreCounted() {
        limits("{\"tokens_per_minute\": 15}");

        assertThat(client.post(CHAT, ChatLines.body("Hi?")).status()).isEqualTo(200);
        Answer second = client.post(CHAT, ChatLines.body("Hi?"));

        assertThat(second.status()).isEqualTo(429);
        assertThat(second.error("type")).isEqualTo("tokens");
    }

    @ParameterizedTest
    @CsvSource({"/v1/chat/completions, gpt-4o-mini, 429", "/v1/messages, claude-haiku-4-5, 529"})
    void callsAtOnceAreLimited(String path, String model, int refusal) throws Exception {
        limits("{\"calls_at_once\": 2}");
        client.send("PUT", "/control/habits", BodyPublishers.ofString("{\"call_ms\": 500}"));
        String body = "{\"model\":\"%s\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
                .formatted(model);

        List<Callable<Integer>> calls = IntStream.range(0, 4)
                .<Callable<Integer>>mapToObj(_ -> () -> client.send(
                                "POST", path, BodyPublishers.ofString(body), "anthropic-version", "2023-06-01")
                        .status())
                .toList();
        List<Integer> statuses;
        try (ExecutorService callers = Executors.newFixedThreadPool(calls.size())) {
            statuses = callers.invokeAll(calls).stream().map(Future::resultNow).toList();
        }

        assertThat(statuses).containsExactlyInAnyOrder(200, 200, refusal, refusal);
        assertThat(client.send("POST", path, BodyPublishers.ofString(body), "anthropic-version", "2023-06-01")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void anthropicsQueueIsCountedInRequestsOverAllBatches() {
        limits("{\"queued_requests\": 3}");
        assertThat(createMessages(2).status()).isEqualTo(200);

        Answer full = createMessages(2);
        clock.advance(Duration.ofHours(1));

        assertThat(full.status()).isEqualTo(429);
        assertThat(full.error("type")).isEqualTo("rate_limit_error");
        assertThat(full.response().headers().firstValue("retry-after")).isPresent();
        assertThat(createMessages(3).status()).isEqualTo(200);
    }

    @Test
    void anthropicTellsWhatIsLeftOfBatchCalls() {
        limits("{\"batch_calls_per_minute\": 2}");
        Answer first = listMessages();
        listMessages();

        Answer third = listMessages();

        assertThat(first.header("anthropic-ratelimit-requests-limit")).isEqualTo("2");
        assertThat(first.header("anthropic-ratelimit-requests-remaining")).isEqualTo("1");
        assertThat(first.header("anthropic-ratelimit-requests-reset")).isEqualTo("2026-11-21T12:01:00.000000Z");
        assertThat(third.status()).isEqualTo(429);
        assertThat(third.header("retry-after")).isEqualTo("60");
        assertThat(client.get("/v1/batches").status())
                .as("another vendor counts for itself")
                .isEqualTo(200);
    }

    private Answer createMessages(int requests) {
        String lines = IntStream.range(0, requests)
                .mapToObj("{\"custom_id\":\"r%d\",\"params\":{}}"::formatted)
                .collect(Collectors.joining(","));
        return client.send(
                "POST",
                "/v1/messages/batches",
                BodyPublishers.ofString("{\"requests\":[" + lines + "]}"),
                "anthropic-version",
                "2023-06-01");
    }

    private Answer listMessages() {
        return client.send("GET", "/v1/messages/batches", BodyPublishers.noBody(), "anthropic-version", "2023-06-01");
    }

    @Test
    void limitsThatCannotBeAreNamedAndDefaultsComeBack() {
        limits("{\"calls_per_minute\": 7}");
        limits("{\"calls_at_once\": 8}");

        Answer wrong = client.send("PUT", "/control/limits", BodyPublishers.ofString("{\"calls_per_minute\": -1}"));

        assertThat(wrong.status()).isEqualTo(400);
        assertThat(wrong.error("message")).contains("calls_per_minute must be >= 0");
        assertThat(client.get("/control/limits").json().path("calls_per_minute").intValue())
                .isEqualTo(7);
        assertThat(client.send("DELETE", "/control/limits", BodyPublishers.noBody())
                        .json()
                        .path("calls_at_once")
                        .intValue())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({"12, 12ms", "1000, 1s", "390000, 6m30s", "3600000, 1h0m0s"})
    void durationsAreWrittenAsTheVendorDoes(long millis, String text) {
        assertThat(OpenAiRateHeaders.text(Duration.ofMillis(millis))).isEqualTo(text);
    }
}
