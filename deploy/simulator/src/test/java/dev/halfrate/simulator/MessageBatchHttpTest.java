package dev.halfrate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.simulator.RawClient.Answer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Message batches over plain HTTP: what the vendor's client hides or cannot send. */
final class MessageBatchHttpTest {

    private static final String BATCHES = "/v1/messages/batches";
    private static final String PARAMS =
            "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    private final ManualClock clock = new ManualClock();

    @TempDir
    Path directory;

    private Simulator simulator;
    private RawClient client;

    @BeforeEach
    void start() {
        simulator = Simulator.start(SimulatorConfig.defaults().withDataDirectory(directory), clock);
        client = new RawClient(simulator.baseUrl(), "");
    }

    @AfterEach
    void stop() {
        client.close();
        simulator.close();
    }

    private Answer send(String method, String path, String body) {
        return client.send(
                method, path, BodyPublishers.ofString(body), "x-api-key", "sk-any", "anthropic-version", "2023-06-01");
    }

    private static String request(String customId, String params) {
        return "{\"custom_id\":\"%s\",\"params\":%s}".formatted(customId, params);
    }

    private static String create(String... requests) {
        return Stream.of(requests).collect(Collectors.joining(",", "{\"requests\":[", "]}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {                                                | The request body is not valid JSON
            []                                               | The request body is not valid JSON
            {"requests":[]} {}                               | The request body is not valid JSON
            {}                                               | requests: Field required
            {"requests":{}}                                  | requests: Input should be a valid list
            {"requests":[]}                                  | requests: List should have at least 1 item after validation, not 0
            {"requests":[1]}                                 | requests.0: Input should be a valid dictionary
            {"requests":[{"params":{}}]}                     | requests.0.custom_id: Field required
            {"requests":[{"custom_id":1}]}                   | requests.0.custom_id: Input should be a valid string
            {"requests":[{"custom_id":"a b","params":{}}]}   | requests.0.custom_id: String should match pattern
            {"requests":[{"custom_id":"","params":{}}]}      | requests.0.custom_id: String should match pattern
            {"requests":[{"custom_id":"a"}]}                 | requests.0.params: Field required
            {"requests":[{"custom_id":"a","params":[]}]}     | requests.0.params: Input should be a valid dictionary
            {"requests":[],"metadata":{}}                    | metadata: Extra inputs are not permitted
            """)
    void aBadEnvelopeIsRefusedAtOnce(String body, String message) {
        Answer answer = send("POST", BATCHES, body);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().path("type").textValue()).isEqualTo("error");
        assertThat(answer.error("type")).isEqualTo("invalid_request_error");
        assertThat(answer.error("message")).startsWith(message);
        assertThat(answer.json().path("request_id").textValue()).isEqualTo(answer.header("request-id"));
        assertThat(simulator.billingBook().summary().batchesCreated()).isZero();
        assertThat(simulator.billingBook().summary().createsReceived()).isEqualTo(1);
    }

    @Test
    void aCustomIdHas64CharactersAtMost() {
        assertThat(send("POST", BATCHES, create(request("x".repeat(64), PARAMS)))
                        .status())
                .isEqualTo(200);
        assertThat(send("POST", BATCHES, create(request("x".repeat(65), PARAMS)))
                        .error("message"))
                .isEqualTo("requests.0.custom_id: String should have at most 64 characters");
    }

    @Test
    void aBatchHas100000RequestsAtMost() {
        String many = IntStream.rangeClosed(0, MessageRequests.REQUESTS_MAX)
                .mapToObj(i -> request("r" + i, "{}"))
                .collect(Collectors.joining(",", "{\"requests\":[", "]}"));

        assertThat(send("POST", BATCHES, many).error("message"))
                .isEqualTo("requests: List should have at most 100000 items after validation, not 100001");
    }

    @Test
    void whatIsTooLargeIsTurnedAwayBeforeTheApi() throws IOException {
        Path body = Files.createFile(directory.resolve("body"));
        try (var file = new RandomAccessFile(body.toFile(), "rw")) {
            file.setLength(AnthropicApi.CREATE_BYTES_MAX + 1);
        }

        Answer answer = client.send(
                "POST", BATCHES, BodyPublishers.ofFile(body), "x-api-key", "sk-any", "anthropic-version", "2023-06-01");

        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.header("Content-Type")).isEqualTo("text/html");
        assertThat(answer.text()).doesNotContain("request_too_large");
    }

    @ParameterizedTest
    @CsvSource({
        "'',400,invalid_request_error",
        "2024-01-01,400,invalid_request_error",
        "2023-06-01,200,''",
        "2026-10-21,200,''",
    })
    void everyCallNamesAVersion(String version, int status, String type) {
        Answer answer = version.isEmpty()
                ? client.send("GET", BATCHES, BodyPublishers.noBody(), "x-api-key", "sk-any")
                : client.send(
                        "GET",
                        BATCHES,
                        BodyPublishers.noBody(),
                        "Authorization",
                        "Bearer sk-any",
                        "anthropic-version",
                        version);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.error("type")).isEqualTo(type);
    }

    @Test
    void withoutAKeyNothingIsServed() {
        Answer answer = client.get(BATCHES);

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.error("type")).isEqualTo("authentication_error");
        assertThat(answer.header("request-id")).startsWith("req_");
    }

    @Test
    void anUnknownPathIsNotFoundInTheVendorsWay() {
        assertThat(send("GET", "/v1/messages/nothing", "").error("type")).isEqualTo("not_found_error");
    }

    @Test
    void anEmptyListHasNoEnds() {
        JsonNode list = send("GET", BATCHES, "").json();

        assertThat(list.path("data").isEmpty()).isTrue();
        assertThat(list.path("first_id").isNull()).isTrue();
        assertThat(list.path("last_id").isNull()).isTrue();
        assertThat(list.path("has_more").booleanValue()).isFalse();
    }

    @Test
    void aLineIsBilledByTheExactBytesOfItsParams() {
        String spaced = PARAMS.replace(",", " ,\n  ");
        String body = "{ \"requests\" : [\n" + request("one", spaced) + " , { \"params\":" + PARAMS
                + ", \"custom_id\" : \"two\" } ] }";

        send("POST", BATCHES, body);
        clock.advance(Duration.ofHours(1));

        assertThat(simulator.billingBook().timesBilledByContent())
                .containsOnlyKeys(List.of(spaced, PARAMS).stream()
                        .map(params -> BillingBook.contentOf("/v1/messages", params.getBytes(StandardCharsets.UTF_8)))
                        .toList());
    }

    @Test
    void whatIsNotExecutedInTimeExpires() {
        simulator.close();
        simulator = Simulator.start(
                SimulatorConfig.defaults()
                        .withDataDirectory(directory)
                        .withLineErrorRates(new LineErrorRates(0.1, 0.1, 0.3)),
                clock);
        client.close();
        client = new RawClient(simulator.baseUrl(), "");
        String id = send(
                        "POST",
                        BATCHES,
                        create(IntStream.range(0, 200)
                                .mapToObj(i -> request("r" + i, PARAMS.replace("Hi", "Hi " + i)))
                                .toArray(String[]::new)))
                .json()
                .path("id")
                .textValue();
        clock.advance(Duration.ofHours(23));
        assertThat(send("GET", BATCHES + "/" + id, "")
                        .json()
                        .path("processing_status")
                        .textValue())
                .isEqualTo("in_progress");
        clock.advance(Duration.ofHours(1));

        JsonNode counts = send("GET", BATCHES + "/" + id, "").json().path("request_counts");

        ResultLines lines = ResultLines.parse(
                send("GET", "%s/%s/results".formatted(BATCHES, id), "").text());
        for (String type : List.of("succeeded", "errored", "expired")) {
            assertThat(lines.parsed().stream()
                            .filter(line -> line.at("/result/type").textValue().equals(type))
                            .count())
                    .as(type)
                    .isPositive()
                    .isEqualTo(counts.path(type).longValue());
        }
        assertThat(lines.customIds()).hasSize(200).doesNotHaveDuplicates();
        assertThat(simulator.billingBook().summary().linesBilled())
                .isEqualTo(counts.path("succeeded").longValue());
    }
}
