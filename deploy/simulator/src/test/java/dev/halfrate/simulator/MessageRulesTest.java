package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.simulator.RawClient.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a message may have in it by version and beta, and what caches remember. */
final class MessageRulesTest {

    private static final String BATCHES = "/v1/messages/batches";
    private static final String OLD = "2023-06-01";
    private static final String NEW = "2026-10-21";
    private static final String LONG = "x".repeat(4 * 1_100);

    private final ManualClock clock = new ManualClock();

    @TempDir
    Path directory;

    private Simulator simulator;
    private RawClient client;

    @BeforeEach
    void start() {
        simulator = Simulator.start(
                SimulatorConfig.defaults()
                        .withDataDirectory(directory)
                        .withSpeed(1)
                        .withBatchTimes(new BatchTimes(
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(100),
                                Duration.ofSeconds(100),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(1))),
                clock);
        client = new RawClient(simulator.baseUrl(), "sk-anything");
    }

    @AfterEach
    void stop() {
        client.close();
        simulator.close();
    }

    private static String params(String model, String parameters) {
        return "{\"model\":\"%s\",%s}".formatted(model, parameters);
    }

    private Answer message(String version, String params) {
        return client.send("POST", "/v1/messages", BodyPublishers.ofString(params), "anthropic-version", version);
    }

    private String createBatch(String version, String params, String... headers) {
        List<String> all = new ArrayList<>(List.of("anthropic-version", version));
        all.addAll(Arrays.asList(headers));
        String create = "{\"requests\":[{\"custom_id\":\"a\",\"params\":%s}]}".formatted(params);
        return client.send("POST", BATCHES, BodyPublishers.ofString(create), all.toArray(String[]::new))
                .json()
                .path("id")
                .textValue();
    }

    private JsonNode row(String batch) throws Exception {
        return Json.MAPPER.readTree(get(BATCHES + "/" + batch + "/results").text());
    }

    private Answer get(String path) {
        return client.send("GET", path, BodyPublishers.noBody(), "anthropic-version", OLD);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"role":"assistant","content":[{"type":"document","source":{}}]}                          | document blocks are not permitted
            {"role":"user","content":[{"type":"text","text":"Hi","citations":[{"type":"x"}]}]}        | Extra inputs are not permitted
            """)
    void someContentIsGoneSinceTheNewVersion(String message, String mistake) throws Exception {
        String params = params("claude-opus-5", "\"max_tokens\":9,\"messages\":[%s]".formatted(message));
        String batch = createBatch(NEW, params);
        clock.advance(Duration.ofHours(1));

        JsonNode error = row(batch).at("/result/error");

        assertThat(message(OLD, params).status()).isEqualTo(200);
        assertThat(message(NEW, params).error("message"))
                .startsWith("messages.0.content.0")
                .contains(mistake);
        assertThat(error.at("/error/type").textValue()).isEqualTo("invalid_request_error");
        assertThat(error.at("/error/details/error_visibility").textValue()).isEqualTo("user_facing");
        assertThat(error.path("request_id").isNull()).isTrue();
    }

    @Test
    void unsuspiciousContentIsTakenByBoth() {
        String params = params(
                "claude-opus-5",
                "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{}},"
                        + "{\"type\":\"text\",\"text\":\"Hi\",\"citations\":[]}]}]");

        assertThat(message(NEW, params).status()).isEqualTo(200);
        assertThat(message(OLD, params).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "claude-opus-4-8,   output-300k-2026-03-24,                 succeeded",
        "claude-opus-4-8,   'other-2026-01-01, output-300k-2026-03-24', succeeded",
        "claude-opus-4-8,   other-2026-01-01,                       errored",
        "claude-opus-5-5,   output-300k-2026-03-24,                 errored",
        "claude-haiku-4-5-20251001, output-300k-2026-03-24,         errored",
    })
    void veryLongAnswersNeedTheirBetaAndAModelThatCan(String model, String beta, String outcome) throws Exception {
        String params = params(model, "\"max_tokens\":300000,\"messages\":[1]");
        String batch = createBatch(NEW, params, "anthropic-beta", beta);
        clock.advance(Duration.ofHours(1));

        assertThat(row(batch).at("/result/type").textValue()).isEqualTo(outcome);
    }

    @Test
    void outsideOfBatchesAnswersAreShorter() {
        Answer answer = client.send(
                "POST",
                "/v1/messages",
                BodyPublishers.ofString(params("claude-opus-4-8", "\"max_tokens\":300000,\"messages\":[1]")),
                "anthropic-version",
                NEW,
                "anthropic-beta",
                "output-300k-2026-03-24");

        assertThat(answer.error("message")).startsWith("max_tokens: 300000 > 128000");
    }

    private static String cached(String ttl, String question) {
        return params(
                "claude-sonnet-5",
                ("\"max_tokens\":9,\"system\":[{\"type\":\"text\",\"text\":\"%s\",\"cache_control\":{\"type\":\"ephemeral\"%s}}],"
                                + "\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]")
                        .formatted(LONG, ttl.isEmpty() ? "" : ",\"ttl\":\"" + ttl + "\"", question));
    }

    private long[] usage(Answer answer) {
        JsonNode usage = answer.json().path("usage");
        return new long[] {
            usage.path("cache_creation_input_tokens").longValue(),
            usage.path("cache_read_input_tokens").longValue()
        };
    }

    @ParameterizedTest
    @CsvSource({
        "'', 300, ephemeral_5m_input_tokens",
        "5m, 300, ephemeral_5m_input_tokens",
        "1h, 3600, ephemeral_1h_input_tokens"
    })
    void theBeginningOfAPromptIsRememberedForAWhile(String ttl, long seconds, String bucket) {
        Answer first = message(OLD, cached(ttl, "One?"));
        clock.advance(Duration.ofSeconds(seconds - 1));
        Answer second = message(OLD, cached(ttl, "Two?"));
        clock.advance(Duration.ofSeconds(seconds - 1));
        Answer third = message(OLD, cached(ttl, "Three?"));
        clock.advance(Duration.ofSeconds(seconds));
        Answer late = message(OLD, cached(ttl, "Four?"));

        long prefix = usage(first)[0];
        assertThat(prefix).isGreaterThan(1_100);
        assertThat(first.json().at("/usage/cache_creation/" + bucket).longValue())
                .isEqualTo(prefix);
        assertThat(first.json().at("/usage/input_tokens").longValue()).isLessThan(30);
        assertThat(usage(second)).containsExactly(0, prefix);
        assertThat(usage(third)).as("a use makes it last").containsExactly(0, prefix);
        assertThat(usage(late)).containsExactly(prefix, 0);
        assertThat(simulator.billingBook().entries())
                .extracting(BillingBook.BilledLine::cacheReadTokens)
                .containsExactly(0L, prefix, prefix, 0L);
        assertThat(simulator.billingBook().entries())
                .extracting(line -> line.cacheWrite5mTokens() + line.cacheWrite1hTokens())
                .containsExactly(prefix, 0L, 0L, prefix);
    }

    @Test
    void onlyTheSameAccountAndModelShareACache() {
        message(OLD, cached("", "One?"));

        assertThat(usage(message(OLD, cached("", "Two?").replace("sonnet-5", "opus-5")))[1])
                .isZero();
        try (RawClient stranger = new RawClient(simulator.baseUrl(), "sk-other")) {
            assertThat(usage(stranger.send(
                            "POST",
                            "/v1/messages",
                            BodyPublishers.ofString(cached("", "Three?")),
                            "anthropic-version",
                            OLD))[1])
                    .isZero();
        }
    }

    @Test
    void aBatchUsesTheCacheToo() throws Exception {
        message(OLD, cached("1h", "One?"));
        String batch = createBatch(OLD, cached("1h", "Two?"));
        clock.advance(Duration.ofSeconds(200));

        JsonNode usage = row(batch).at("/result/message/usage");

        assertThat(usage.path("cache_read_input_tokens").longValue()).isGreaterThan(1_100);
        assertThat(usage.path("service_tier").textValue()).isEqualTo("batch");
    }

    @Test
    void shortBeginningsAreNotKept() {
        String brief = cached("", "One?").replace(LONG, "short");

        assertThat(usage(message(OLD, brief))).containsExactly(0, 0);
        assertThat(usage(message(OLD, brief))).containsExactly(0, 0);
    }

    @Test
    void marksHaveTheirRules() {
        String mark = "{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"%s\"}}";
        String five = String.join(",", Collections.nCopies(5, mark.formatted("5m")));
        String wrongOrder = mark.formatted("5m") + "," + mark.formatted("1h");
        String form = "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[%s]}]";

        assertThat(message(OLD, params("claude-opus-5", form.formatted(five))).error("message"))
                .isEqualTo("A maximum of 4 blocks with cache_control may be provided. Found 5.");
        assertThat(message(OLD, params("claude-opus-5", form.formatted(wrongOrder)))
                        .error("message"))
                .startsWith("a ttl='1h' cache_control block must not come after");
    }

    @Test
    void pollsAreToldWhenToComeAgainUntilTheBatchHasEnded() {
        String batch = createBatch(OLD, params("claude-opus-5", "\"max_tokens\":9,\"messages\":[1]"));

        Answer running = get(BATCHES + "/" + batch);
        clock.advance(Duration.ofHours(1));
        Answer ended = get(BATCHES + "/" + batch);

        assertThat(running.header("retry-after")).isEqualTo("10");
        assertThat(running.header("anthropic-workspace-id")).startsWith("wrkspc_");
        assertThat(ended.response().headers().firstValue("retry-after")).isEmpty();
    }

    @Test
    void countsMayTellTheProgress() {
        String create = "{\"requests\":[%s]}"
                .formatted(String.join(
                        ",",
                        IntStream.range(0, 10)
                                .mapToObj(i -> "{\"custom_id\":\"r%d\",\"params\":%s}"
                                        .formatted(i, params("claude-opus-5", "\"max_tokens\":9,\"messages\":[1]")))
                                .toList()));
        String batch = client.send("POST", BATCHES, BodyPublishers.ofString(create), "anthropic-version", OLD)
                .json()
                .path("id")
                .textValue();
        clock.advance(Duration.ofSeconds(50));

        JsonNode silent = get(BATCHES + "/" + batch).json().path("request_counts");
        client.send("PUT", "/control/habits", BodyPublishers.ofString("{\"counts_progress\": true}"));
        JsonNode telling = get(BATCHES + "/" + batch).json().path("request_counts");

        assertThat(silent.path("processing").intValue()).isEqualTo(10);
        assertThat(telling.path("processing").intValue()).isEqualTo(5);
        assertThat(telling.path("succeeded").intValue()).isEqualTo(5);
    }
}
