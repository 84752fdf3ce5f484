package dev.halfrate.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.simulator.RawClient.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What happens to calls that misbehaviour was scripted for. */
final class FaultsTest {

    private static final String ENDPOINT = "/v1/chat/completions";

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
    void anErrorIsAnsweredInPlaceOfTheCallAsOftenAsScripted() {
        script("""
                {"method": "POST", "path": "/v1/batches", "skip": 1, "times": 2, "status": 503, "body": "busy", "retry_after": "7"}
                """);
        String file = client.upload(ChatLines.of(1));

        Answer[] answers = {create(file), create(file), create(file), create(file)};

        assertThat(answers).extracting(Answer::status).containsExactly(200, 503, 503, 200);
        assertThat(answers[1].text()).isEqualTo("busy");
        assertThat(answers[1].header("Retry-After")).isEqualTo("7");
        assertThat(client.get("/v1/batches").json().path("data")).hasSize(2);
        assertThat(client.get("/control/faults").json().at("/0/hits").intValue())
                .isEqualTo(2);
    }

    @Test
    void aResetBeforeTheCallLeavesNothingBehind() {
        String file = client.upload(ChatLines.of(1));
        script("{\"method\": \"POST\", \"path\": \"/v1/batches\", \"reset\": \"BEFORE\"}");

        assertThatThrownBy(() -> create(file)).isInstanceOf(AssertionError.class);
        assertThat(client.get("/v1/batches").json().path("data")).isEmpty();
    }

    @Test
    void aResetAfterTheCallLosesOnlyItsAnswer() {
        String file = client.upload(ChatLines.of(1));
        script("{\"method\": \"POST\", \"path\": \"/v1/batches\", \"reset\": \"AFTER\"}");

        assertThatThrownBy(() -> create(file)).isInstanceOf(AssertionError.class);
        assertThat(client.get("/v1/batches").json().path("data")).hasSize(1);
    }

    @Test
    void aResetWhileTheBodyComesInLeavesNothingBehind() {
        String file = client.upload(ChatLines.of(1));
        script("{\"method\": \"POST\", \"path\": \"/v1/batches\", \"reset\": \"DURING\"}");

        assertThatThrownBy(() -> create(file)).isInstanceOf(AssertionError.class);
        assertThat(client.get("/v1/batches").json().path("data")).isEmpty();
    }

    @Test
    void aCallMayBeHandledAndAnsweredWithAnError() {
        String file = client.upload(ChatLines.of(1));
        script("""
                {"method": "POST", "path": "/v1/batches", "status": 502, "handled": true, "body": "<html>",
                 "headers": {"content-type": "text/html"}}
                """);

        Answer answer = create(file);

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).isEqualTo("<html>");
        assertThat(answer.header("Content-Type")).isEqualTo("text/html");
        assertThat(client.get("/v1/batches").json().path("data")).hasSize(1);
    }

    @Test
    void linesMayFailOneByOne() {
        line("{\"custom_id\": \"request – 3\", \"status\": 429}");
        line("{\"custom_id\": \".*[78]\", \"times\": 2}");
        String file = client.upload(ChatLines.of(10));
        String first = client.create(file, ENDPOINT);
        clock.advance(Duration.ofHours(1));
        ResultLines errors = client.results(first, "error_file_id");
        String second = client.create(file, ENDPOINT);
        clock.advance(Duration.ofHours(1));

        assertThat(errors.customIdsWithStatus(429)).containsExactly("request – 3");
        assertThat(errors.customIds()).containsExactlyInAnyOrder("request – 3", "request – 7", "request – 8");
        assertThat(errors.errorCodes()).containsExactlyInAnyOrder(null, "request_timeout", "request_timeout");
        assertThat(client.batch(first).at("/request_counts/failed").intValue()).isEqualTo(3);
        assertThat(client.batch(second).at("/request_counts/completed").intValue())
                .as("each was scripted so often only")
                .isEqualTo(10);
        assertThat(client.get("/control/lines").json().at("/1/hits").intValue()).isEqualTo(2);
        assertThat(client.post("/control/lines", "{\"custom_id\": \"(\"}").error("message"))
                .isEqualTo("custom_id must be a regular expression");
    }

    @Test
    void requestsOfMessageBatchesMayFailOneByOne() throws Exception {
        line("{\"custom_id\": \"a\", \"status\": 529}");
        line("{\"custom_id\": \"b\"}");
        String params = "{\"model\":\"claude-opus-5\",\"max_tokens\":9,\"messages\":[1]}";
        String create = "{\"requests\":[{\"custom_id\":\"a\",\"params\":%1$s},{\"custom_id\":\"b\",\"params\":%1$s}]}"
                .formatted(params);
        String[] version = {"anthropic-version", "2023-06-01"};
        String id = client.send("POST", "/v1/messages/batches", BodyPublishers.ofString(create), version)
                .json()
                .path("id")
                .textValue();
        clock.advance(Duration.ofHours(1));

        String results = client.send("GET", "/v1/messages/batches/" + id + "/results", BodyPublishers.noBody(), version)
                .text();

        assertThat(ResultLines.parse(results).parsed())
                .extracting(row -> row.at("/result/error/error/type").textValue())
                .containsExactlyInAnyOrder("overloaded_error", "timeout_error");
    }

    @Test
    void timeCanBePutForward() {
        String batch = client.create(client.upload(ChatLines.of(1)), ENDPOINT);

        JsonNode after =
                client.post("/control/clock", "{\"advance_seconds\": 86400}").json();

        assertThat(after.path("now").textValue()).isEqualTo("2026-11-22T12:00:00Z");
        assertThat(client.batch(batch).path("status").textValue()).isEqualTo("completed");
        assertThat(client.post("/control/clock", "{\"advance_seconds\": -1}").status())
                .isEqualTo(400);
    }

    private void line(String fault) {
        assertThat(client.post("/control/lines", fault).status()).isEqualTo(200);
    }

    @Test
    void delaysComeBeforeOrAfterWhatTheCallDoes() {
        String file = client.upload(ChatLines.of(1));
        script("{\"method\": \"POST\", \"path\": \"/v1/batches\", \"delay_before_ms\": 300}");
        script("{\"method\": \"POST\", \"path\": \"/v1/batches\", \"delay_answer_ms\": 300}");

        for (int i = 0; i < 2; i++) {
            long from = System.nanoTime();
            assertThat(create(file).status()).isEqualTo(200);
            assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThan(Duration.ofMillis(299));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "[CORRUPT], 10, 9",
        "[DUPLICATED], 11, 10",
        "[MISSING], 9, 9",
        "[FOREIGN], 11, 10",
        "[REORDERED], 10, 10",
        "[BLANK], 11, 10",
        "'[MISSING,MISSING,DUPLICATED]', 9, 8",
        "'[NONE,NONE,MISSING]', 9, 9",
    })
    void resultLinesComeDamaged(String damages, int lines, int whole) {
        String content = contentOfABatchOf(10);
        script("{\"method\": \"GET\", \"path\": \"/v1/files/[^/]+/content\", \"lines\": [\"%s\"]}"
                .formatted(damages.replaceAll("[\\[\\]]", "").replace(",", "\",\"")));

        String[] damaged = client.get(content).text().lines().toArray(String[]::new);

        assertThat(damaged).hasSize(lines);
        assertThat(Stream.of(damaged)
                        .filter(line -> line.endsWith("}") && !line.contains("nobody-knows-this"))
                        .distinct())
                .hasSize(whole);
    }

    @Test
    void aLineMayComeLast() {
        String content = contentOfABatchOf(3);
        List<String> lines = client.get(content).text().lines().toList();
        script("{\"method\": \"GET\", \"path\": \".*content\", \"lines\": [\"REORDERED\"]}");

        assertThat(client.get(content).text().lines()).containsExactly(lines.get(1), lines.get(2), lines.get(0));
    }

    @Test
    void anAnswerMayHaveOtherHeaders() {
        script("""
                {"method": "GET", "path": "/v1/batches", "headers": {"x-should-retry": "false", "Date": "yesterday"}}
                """);

        Answer answer = client.get("/v1/batches");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
        assertThat(answer.header("Date")).isEqualTo("yesterday");
    }

    @Test
    void habitsThatAreNotMentionedStay() {
        habits("{\"slowdown\": 7}");
        habits("{\"ranges\": false}");

        JsonNode changed = client.get("/control/habits").json();
        JsonNode first = client.send("DELETE", "/control/habits", BodyPublishers.noBody())
                .json();

        assertThat(changed.path("slowdown").intValue()).isEqualTo(7);
        assertThat(changed.path("ranges").booleanValue()).isFalse();
        assertThat(first.path("slowdown").intValue()).isEqualTo(1);
        assertThat(first.path("ranges").booleanValue()).isTrue();
        assertThat(client.send("PUT", "/control/habits", BodyPublishers.ofString("{\"slowdown\": 0}"))
                        .error("message"))
                .contains("slowdown must be 1..1000");
    }

    @Test
    void aCancelMayLoseLinesThatWerePaidFor() {
        habits("{\"cancel_loses\": 2}");
        String batch = client.create(client.upload(ChatLines.of(20)), ENDPOINT);
        clock.advance(Duration.ofMinutes(3));
        int before = client.batch(batch).at("/request_counts/completed").intValue();

        client.post("/v1/batches/" + batch + "/cancel", "");
        clock.advance(Duration.ofMinutes(1));
        int after = client.batch(batch).at("/request_counts/completed").intValue();
        int done = client.results(batch, "output_file_id").customIds().size();
        int undone = client.results(batch, "error_file_id").customIds().size();

        assertThat(before).isGreaterThan(2);
        assertThat(after).isEqualTo(before - 2).isEqualTo(done);
        assertThat(done + undone).isEqualTo(18);
        assertThat(simulator.billingBook().summary().linesBilled()).isEqualTo(before);
    }

    @Test
    void aFileMayEndCleanlyBeforeItsEnd() {
        String content = contentOfABatchOf(10);
        byte[] all = client.get(content).text().getBytes(UTF_8);
        script("{\"method\": \"GET\", \"path\": \"/v1/files/[^/]+/content\", \"ends_after\": 1000}");

        assertThat(client.get(content).text()).isEqualTo(new String(all, 0, 1_000, UTF_8));
    }

    @Test
    void aFileMayDripAndBreak() {
        String content = contentOfABatchOf(10);
        script("""
                {"method": "GET", "path": "/v1/files/[^/]+/content", "bytes_per_second": 5000, "breaks_after": 1000}
                """);

        assertThatThrownBy(() -> client.get(content)).isInstanceOf(AssertionError.class);
        assertThat(client.get(content).status()).isEqualTo(200);
    }

    @Test
    void aNewBatchMayBeHiddenFromListsOnly() {
        habits("{\"new_batches_hidden_seconds\": 60, \"deleted_input\": \"FAILED\", \"slowdown\": 1}");
        String file = client.upload(ChatLines.of(1));
        String batch = client.create(file, ENDPOINT);

        assertThat(client.get("/v1/batches").json().path("data")).isEmpty();
        assertThat(client.batch(batch).path("id").textValue()).isEqualTo(batch);
        clock.advance(Duration.ofSeconds(60));
        assertThat(client.get("/v1/batches").json().path("data")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"REFUSED, 400, 0", "FAILED, 200, 0", "CARRIED_OUT, 200, 1"})
    void aDeletedInputIsRefusedFailsOrIsCarriedOutAllTheSame(String habit, int status, long billed) {
        habits("{\"new_batches_hidden_seconds\": 0, \"deleted_input\": \"%s\", \"slowdown\": 1}".formatted(habit));
        String file = client.upload(ChatLines.of(1));
        client.send("DELETE", "/v1/files/" + file, BodyPublishers.noBody());

        Answer created = create(file);
        clock.advance(Duration.ofHours(1));

        assertThat(created.status()).isEqualTo(status);
        assertThat(simulator.billingBook().summary().linesBilled()).isEqualTo(billed);
        if (status == 200) {
            assertThat(client.batch(created.json().path("id").textValue())
                            .path("status")
                            .textValue())
                    .isEqualTo(billed == 0 ? "failed" : "completed");
        }
    }

    @Test
    void aSlowVendorTakesItsTime() {
        habits("{\"new_batches_hidden_seconds\": 0, \"deleted_input\": \"FAILED\", \"slowdown\": 10}");
        String batch = client.create(client.upload(ChatLines.of(10)), ENDPOINT);

        clock.advance(Duration.ofMinutes(20));
        assertThat(client.batch(batch).path("status").textValue()).isEqualTo("in_progress");
        clock.advance(Duration.ofMinutes(180));
        assertThat(client.batch(batch).path("status").textValue()).isEqualTo("completed");
    }

    @Test
    void mistakesAreNamed() {
        assertThat(client.post("/control/faults", "{\"method\": \"GET\", \"path\": \"(\"}")
                        .error("message"))
                .isEqualTo("path must be a regular expression");
        assertThat(client.post("/control/faults", "{\"methode\": \"GET\"}").error("message"))
                .contains("\"methode\"");
        assertThat(client.get("/control/faults").json()).isEmpty();
    }

    @Test
    void nobodyKnowsAnIdempotencyKey() {
        String file = client.upload(ChatLines.of(1));
        String create = "{\"input_file_id\":\"%s\",\"endpoint\":\"%s\",\"completion_window\":\"24h\"}"
                .formatted(file, ENDPOINT);

        for (int i = 0; i < 2; i++) {
            client.send(
                    "POST",
                    "/v1/batches",
                    BodyPublishers.ofString(create),
                    "Content-Type",
                    "application/json",
                    "Idempotency-Key",
                    "the same");
        }

        assertThat(client.get("/v1/batches").json().path("data")).hasSize(2);
    }

    @Test
    void faultsGoWhenTheyAreCleared() {
        script("{\"method\": \"GET\", \"path\": \"/v1/batches\", \"status\": 500}");

        client.send("DELETE", "/control/faults", BodyPublishers.noBody());

        assertThat(client.get("/v1/batches").status()).isEqualTo(200);
    }

    private void script(String fault) {
        assertThat(client.post("/control/faults", fault).status()).isEqualTo(200);
    }

    private void habits(String habits) {
        assertThat(client.send("PUT", "/control/habits", BodyPublishers.ofString(habits))
                        .status())
                .isEqualTo(200);
    }

    private Answer create(String file) {
        return client.post(
                "/v1/batches",
                "{\"input_file_id\":\"%s\",\"endpoint\":\"%s\",\"completion_window\":\"24h\"}"
                        .formatted(file, ENDPOINT));
    }

    private String contentOfABatchOf(int lines) {
        String batch = client.create(client.upload(ChatLines.of(lines)), ENDPOINT);
        clock.advance(Duration.ofHours(1));
        return "/v1/files/" + client.batch(batch).path("output_file_id").textValue() + "/content";
    }
}
