package dev.halfrate.simulator;

import static dev.halfrate.simulator.RawClient.field;
import static dev.halfrate.simulator.RawClient.filePart;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.simulator.RawClient.Answer;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HttpTest {

    private static final String GOOD_BATCH =
            "\"input_file_id\":\"file-1\",\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\"24h\"";

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

    @Test
    void everyAnswerCarriesTheVendorsHeaders() {
        clock.advance(Duration.ofDays(3));

        Answer first = client.get("/v1/batches");
        Answer second = client.get("/v1/nothing");

        for (Answer answer : new Answer[] {first, second}) {
            assertThat(answer.header("x-request-id")).startsWith("req_");
            assertThat(answer.header("openai-version")).isEqualTo("2020-10-01");
            assertThat(answer.header("openai-organization")).startsWith("org-");
            assertThat(answer.header("openai-project")).startsWith("proj_");
            assertThat(Long.parseLong(answer.header("openai-processing-ms"))).isNotNegative();
            assertThat(ZonedDateTime.parse(answer.header("Date"), DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant())
                    .isEqualTo(clock.now());
        }
        assertThat(first.header("x-request-id")).isNotEqualTo(second.header("x-request-id"));
    }

    @Test
    void keysThatEndAlikeAreOfOneOrganization() {
        var organizations = List.of("one@acme", "two@acme", "one@other", "acme").stream()
                .map(key -> {
                    try (RawClient caller = new RawClient(simulator.baseUrl(), key)) {
                        return caller.get("/v1/batches").header("openai-organization");
                    }
                })
                .toList();

        assertThat(organizations.get(1)).isEqualTo(organizations.get(0)).isEqualTo(organizations.get(3));
        assertThat(organizations.get(2)).isNotEqualTo(organizations.get(0));
    }

    @Test
    void withoutAKeyNothingIsServed() {
        try (RawClient anonymous = new RawClient(simulator.baseUrl(), "")) {
            Answer answer = anonymous.get("/v1/batches");

            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.error("type")).isEqualTo("invalid_request_error");
            assertThat(answer.error("code")).isEqualTo("invalid_api_key");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/nothing, 404, Invalid URL (GET /v1/nothing)",
        "GET, /, 404, Invalid URL (GET /)",
        "DELETE, /v1/batches/batch_1, 405, Not allowed to DELETE on /v1/batches/batch_1.",
        "GET, /v1/batches/batch_1, 404, No batch found with id 'batch_1'",
        "POST, /v1/batches/batch_1/cancel, 404, No batch found with id 'batch_1'",
        "GET, /v1/files/file-1/content, 404, No such File object: file-1",
        "GET, /v1/batches?limit=101, 400, 'Invalid ''limit'': integer above maximum value. Expected a value <= 100, but got 101 instead.'",
        "GET, /v1/batches?limit=x, 400, 'Invalid type for ''limit'': expected an integer, but got a string instead.'",
        "GET, /v1/files?order=up, 400, 'Invalid value: ''up''. Supported values are: ''asc'', ''desc''.'",
        "GET, /v1/files?after=file-1, 400, Invalid 'after': no object with id 'file-1' found.",
    })
    void mistakesGetTheVendorsEnvelope(String method, String path, int status, String message) {
        Answer answer = client.send(method, path, BodyPublishers.noBody());

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.error("message")).isEqualTo(message);
        assertThat(answer.json().at("/error").properties())
                .extracting(Map.Entry::getKey)
                .containsExactly("message", "type", "param", "code");
    }

    @Test
    void uploadsMayBeChunkedOrNot() {
        String lines = ChatLines.of(10);

        Answer whole = client.postForm(field("purpose", "batch"), filePart("a.jsonl", lines));
        Answer chunked = client.postFormInChunks(filePart("b.jsonl", lines), field("purpose", "batch"));

        for (Answer upload : new Answer[] {whole, chunked}) {
            assertThat(upload.status()).isEqualTo(200);
            assertThat(upload.json().path("status").textValue()).isEqualTo("processed");
            assertThat(client.get("/v1/files/" + upload.json().path("id").textValue() + "/content")
                            .text())
                    .isEqualTo(lines);
        }
    }

    @Test
    void aFileMayExpireEarlier() {
        Answer upload = client.postForm(
                field("purpose", "batch"),
                field("expires_after[anchor]", "created_at"),
                field("expires_after[seconds]", "3600"),
                filePart("a.jsonl", ChatLines.of(1)));

        assertThat(upload.json().path("expires_at").longValue())
                .isEqualTo(upload.json().path("created_at").longValue() + 3_600);
        clock.advance(Duration.ofHours(1));
        assertThat(client.get("/v1/files").json().path("data")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "a.txt, '{}', Invalid file format for Batch API. Must be .jsonl",
        "a.jsonl, '', Invalid file format for Batch API. Must be .jsonl",
        "a.jsonl, 'hello', Invalid file format for Batch API. Must be .jsonl",
        "a.jsonl, '\uFEFF{}', Invalid file format for Batch API. Must be .jsonl",
    })
    void filesThatAreNoBatchInputAreRefused(String filename, String content, String message) {
        Answer answer = client.postForm(field("purpose", "batch"), filePart(filename, content));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error("message")).isEqualTo(message);
        assertThat(client.get("/v1/files").json().path("data")).isEmpty();
    }

    @Test
    void formsThatLackSomethingAreRefused() {
        String file = filePart("a.jsonl", ChatLines.of(1));

        assertThat(client.postForm(file).error("param")).isEqualTo("purpose");
        assertThat(client.postForm(field("purpose", "batch")).error("param")).isEqualTo("file");
        assertThat(client.postForm(field("purpose", "lunch"), file).error("code"))
                .isEqualTo("invalid_value");
        assertThat(client.postForm(field("purpose", "batch"), field("expires_after[anchor]", "created_at"), file)
                        .error("param"))
                .isEqualTo("expires_after.seconds");
        assertThat(client.postForm(
                                field("purpose", "batch"),
                                field("expires_after[anchor]", "created_at"),
                                field("expires_after[seconds]", "3599"),
                                file)
                        .error("code"))
                .isEqualTo("integer_below_min_value");
        assertThat(client.post("/v1/files", "{}").status()).isEqualTo(400);
        assertThat(client.form(BodyPublishers.ofString("no form at all")).status())
                .isEqualTo(400);
        assertThat(client.form(BodyPublishers.ofString(field("purpose", "batch") + "--cut"))
                        .status())
                .isEqualTo(400);
        assertThat(client.postForm(field("purpose", "x".repeat(100_000)), file).status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                                                 | missing_required_parameter | input_file_id
            {"input_file_id":"f"}                                                              | missing_required_parameter | endpoint
            {"input_file_id":"f","endpoint":"/v1/embeddings"}                                  | missing_required_parameter | completion_window
            {"input_file_id":1}                                                                | invalid_type               | input_file_id
            {"input_file_id":"f","endpoint":"/v1/none","completion_window":"24h"}              | invalid_value              | endpoint
            {"input_file_id":"f","endpoint":"/v1/embeddings","completion_window":"1h"}         | invalid_value              | completion_window
            {$,"metadata":{"tags":["a"]}}                                                      | invalid_type               | metadata.tags
            {$,"metadata":"a"}                                                                 | invalid_type               | metadata
            {$,"output_expires_after":{"anchor":"created_at","seconds":3599}}                  | integer_below_min_value    | output_expires_after.seconds
            {$,"output_expires_after":{"anchor":"created_at","seconds":2592001}}               | integer_above_max_value    | output_expires_after.seconds
            {$,"output_expires_after":{"anchor":"completed_at","seconds":3600}}                | invalid_value              | output_expires_after.anchor
            [1]                                                                                | null                       | null
            {                                                                                  | null                       | null
            """)
    void createsThatAreWrongAreRefusedAtOnce(String json, String code, String param) {
        Answer answer = client.post("/v1/batches", json.replace("$", GOOD_BATCH));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error("code")).isEqualTo(code);
        assertThat(answer.error("param")).isEqualTo(param);
        assertThat(simulator.billingBook().summary().createsReceived()).isEqualTo(1);
        assertThat(simulator.billingBook().summary().batchesCreated()).isZero();
    }

    @Test
    void aRefusalIsReadableHoweverMuchIsStillBeingSent() {
        String much = "x".repeat(8 << 20);
        try (RawClient anonymous = new RawClient(simulator.baseUrl(), "")) {
            for (int i = 0; i < 5; i++) {
                assertThat(client.post("/v1/batches", much).status()).isEqualTo(413);
                assertThat(client.postForm(field("purpose", much)).status()).isEqualTo(400);
                assertThat(anonymous.postForm(filePart("a.jsonl", much)).status())
                        .isEqualTo(401);
            }
        }
    }

    @Test
    void metadataIsLimitedInEveryDirection() {
        assertThat(createWithMetadata(16, 64, 512).status()).isEqualTo(200);
        assertThat(createWithMetadata(17, 64, 512).error("code")).isEqualTo("object_above_max_properties");
        assertThat(createWithMetadata(1, 65, 1).error("code")).isEqualTo("string_above_max_length");
        assertThat(createWithMetadata(1, 1, 513).error("code")).isEqualTo("string_above_max_length");
    }

    private Answer createWithMetadata(int pairs, int keyLength, int valueLength) {
        String metadata = IntStream.range(0, pairs)
                .mapToObj(i -> "\"%s\":\"%s\""
                        .formatted(Character.toString('a' + i).repeat(keyLength), "é".repeat(valueLength)))
                .collect(Collectors.joining(","));
        return client.post("/v1/batches", "{%s,\"metadata\":{%s}}".formatted(GOOD_BATCH, metadata));
    }

    @Test
    void anIdempotencyKeyChangesNothing() {
        String json = "{" + GOOD_BATCH + "}";

        Answer first = client.send("POST", "/v1/batches", BodyPublishers.ofString(json), "Idempotency-Key", "k");
        Answer second = client.send("POST", "/v1/batches", BodyPublishers.ofString(json), "Idempotency-Key", "k");

        assertThat(first.json().path("id")).isNotEqualTo(second.json().path("id"));
        assertThat(simulator.billingBook().summary().batchesCreated()).isEqualTo(2);
    }

    @Test
    void theBatchHasEveryFieldOfTheVendors() {
        JsonNode batch = client.post("/v1/batches", "{" + GOOD_BATCH + "}").json();

        assertThat(batch.properties())
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder(
                        "id",
                        "object",
                        "endpoint",
                        "model",
                        "errors",
                        "input_file_id",
                        "completion_window",
                        "status",
                        "output_file_id",
                        "error_file_id",
                        "created_at",
                        "in_progress_at",
                        "expires_at",
                        "finalizing_at",
                        "completed_at",
                        "failed_at",
                        "expired_at",
                        "cancelling_at",
                        "cancelled_at",
                        "request_counts",
                        "usage",
                        "metadata");
    }

    @Test
    void theBillingBookAndTheClockCanBeReadOverHttp() {
        client.create(client.upload(ChatLines.of(3)), "/v1/chat/completions");
        clock.advance(Duration.ofHours(1));

        JsonNode summary = client.get("/control/billing").json();
        String entries = client.get("/control/billing/entries").text();
        JsonNode time = client.get("/control/clock").json();

        assertThat(summary.toString())
                .isEqualTo("{\"lines_billed\":3,\"contents_billed\":3,\"contents_billed_more_than_once\":0,"
                        + "\"batches_created\":1,\"creates_received\":1,\"calls_billed\":0}");
        assertThat(entries.lines()).hasSize(3).allMatch(line -> line.contains("\"custom_id\":\"request – "));
        assertThat(entries).doesNotContain("sk-anything");
        assertThat(time.path("now").textValue()).isEqualTo("2026-11-21T13:00:00Z");
        assertThat(time.path("epoch_seconds").longValue()).isEqualTo(clock.now().getEpochSecond());
        assertThat(time.path("speed").doubleValue()).isEqualTo(60);
    }

    @Test
    void aPortInUseIsOneClearLine() {
        int port = simulator.baseUrl().getPort();

        assertThatThrownBy(() -> Simulator.start(SimulatorConfig.defaults().withPort(port)))
                .isInstanceOf(SimulatorStartException.class)
                .hasMessage("port %d on 127.0.0.1 is in use: stop what holds it, or set simulator.port to another"
                                .formatted(port)
                        + " (0 = any free one)");
    }

    @Test
    void closingLeavesNothingBehind() throws Exception {
        client.create(client.upload(ChatLines.of(3)), "/v1/chat/completions");
        URI url = simulator.baseUrl();

        simulator.close();

        try (var left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
        assertThat(url.getPort()).isPositive();
        assertThatThrownBy(() -> client.get("/v1/batches")).isInstanceOf(AssertionError.class);
    }
}
