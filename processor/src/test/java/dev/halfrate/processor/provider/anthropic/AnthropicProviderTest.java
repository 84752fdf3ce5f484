package dev.halfrate.processor.provider.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.CancelOutcome;
import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.PollOutcome.NoAnswer;
import dev.halfrate.processor.provider.PollOutcome.Refused;
import dev.halfrate.processor.provider.PollOutcome.Seen;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.RemoteBatch.Counts;
import dev.halfrate.processor.provider.RemoteBatch.Status;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.UpstreamId;
import dev.halfrate.processor.provider.http.RawVendor;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines, polls, cancels and downloads. */
class AnthropicProviderTest {
    @AutoClose
    private final RawVendor vendor = new RawVendor();

    @AutoClose
    private final AnthropicProvider provider =
            AnthropicProvider.of(vendor.account(), RawVendor.timeouts(Duration.ofSeconds(20)));

    @Test
    void aLineIsAnIdAndTheBodyAsItsProducerWroteIt() {
        var body = "{ \"model\":\"claude\",\n\t\"n\": 1.10, \"text\":\"Grüße \\n\" }".getBytes(UTF_8);
        var format = provider.capabilities().lineFormat();

        var line = format.encode(new UpstreamId("abcdefgh234567ab", 42), "/v1/messages", ByteBuffer.wrap(body));

        assertThat(new String(line, UTF_8)).isEqualTo("""
                {"custom_id":"abcdefgh234567ab-000042","params":\
                { "model":"claude", \t"n": 1.10, "text":"Grüße \\n" }}
                """);
        assertThat(line).hasSize(format.lineBytes("/v1/messages", body.length));
    }

    @Test
    void aPollReadsTheWholeBatch() {
        vendor.answers(200, """
                {"id":"msgbatch_1","type":"message_batch","processing_status":"ended",
                 "request_counts":{"processing":0,"succeeded":5,"errored":2,"canceled":3,"expired":4},
                 "ended_at":"2026-11-21T12:00:00.000001Z","results_url":"https://elsewhere.example/steal"}""");

        assertThat(provider.poll("msgbatch_1"))
                .isEqualTo(new Seen(new RemoteBatch(
                        "msgbatch_1",
                        Status.COMPLETED,
                        "ended",
                        null,
                        "msgbatch_1",
                        null,
                        new Counts(14, 5, 2),
                        List.of())));
        var request = vendor.requests().getFirst();
        assertThat(request.line()).isEqualTo("GET /v1/messages/batches/msgbatch_1");
        assertThat(request.header("x-api-key")).isEqualTo(RawVendor.KEY);
        assertThat(request.header("anthropic-version")).isEqualTo("2023-06-01");
    }

    @Test
    void resultsAreHadFromTheAccountsHostWhereverTheirUrlPointsTo() throws Exception {
        try (var elsewhere = new RawVendor()) {
            elsewhere.answers(200, "");
            vendor.does((request, connection) -> connection.answer(
                    200,
                    request.line().endsWith("/results")
                            ? ""
                            : "{\"id\":\"msgbatch_1\",\"processing_status\":\"ended\",\"results_url\":\"%s/messages/batches/msgbatch_1/results\"}"
                                    .formatted(elsewhere.account().baseUrl())));
            assertThat(provider.poll("msgbatch_1"))
                    .isInstanceOfSatisfying(
                            Seen.class,
                            seen -> assertThat(seen.remote().outputHandle()).isEqualTo("msgbatch_1"));

            provider.results("msgbatch_1", FilePosition.START, (line, _) -> {
                throw new AssertionError(line);
            });

            assertThat(vendor.count("GET /v1/messages/batches/msgbatch_1/results"))
                    .isEqualTo(1);
            assertThat(elsewhere.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "in_progress,IN_PROGRESS",
        "canceling,CANCELLING",
        "ended,COMPLETED",
        "paused,UNKNOWN",
        "'',UNKNOWN",
    })
    void onlyAnEndedBatchHasResults(String word, Status status) {
        vendor.answers(200, "{\"id\":\"msgbatch_1\",\"processing_status\":\"%s\"}".formatted(word));

        assertThat(provider.poll("msgbatch_1")).isInstanceOfSatisfying(Seen.class, seen -> {
            assertThat(seen.remote().status()).isEqualTo(status);
            assertThat(seen.remote().outputHandle()).isEqualTo(word.equals("ended") ? "msgbatch_1" : null);
        });
    }

    @Test
    void countsThatOverflowAreCapped() {
        vendor.answers(200, """
                {"id":"msgbatch_1","processing_status":"in_progress",
                 "request_counts":{"processing":2147483647,"succeeded":2147483647}}""");

        assertThat(provider.poll("msgbatch_1"))
                .isInstanceOfSatisfying(
                        Seen.class,
                        seen -> assertThat(seen.remote().counts().total()).isEqualTo(Integer.MAX_VALUE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>", "{}", "{\"id\":\"msgbatch_2\",\"processing_status\":\"ended\"}"})
    void anUnreadableOrForeignBatchIsNoAnswer(String body) {
        vendor.answers(200, body);

        assertThat(provider.poll("msgbatch_1")).isEqualTo(new NoAnswer("HTTP 200, unreadable"));
    }

    @Test
    void aBatchIsGoneOnlyIfTheVendorSaysSo() {
        vendor.answers(404, error("not_found_error"));
        assertThat(provider.poll("msgbatch_1"))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.NOT_FOUND));

        vendor.answers(404, "<html>no route</html>");
        assertThat(provider.poll("msgbatch_1")).isEqualTo(new NoAnswer("HTTP 404"));
    }

    @Test
    void aCancelIsAnEmptyPost() {
        vendor.answers(200, "{\"id\":\"msgbatch_1\",\"processing_status\":\"canceling\"}");

        assertThat(provider.cancel("msgbatch_1"))
                .isInstanceOfSatisfying(
                        CancelOutcome.Cancelling.class,
                        cancelling -> assertThat(cancelling.remote().status()).isEqualTo(Status.CANCELLING));
        assertThat(vendor.requests().getFirst().line()).isEqualTo("POST /v1/messages/batches/msgbatch_1/cancel");
    }

    @Test
    void aCancelThatComesTooLateIsRefused() {
        vendor.answers(400, error("invalid_request_error"));

        assertThat(provider.cancel("msgbatch_1")).isInstanceOf(CancelOutcome.Refused.class);
    }

    @Test
    void resultsAreStreamedFromTheBatch() throws InterruptedException {
        vendor.answers(200, """
                {"custom_id":"a","result":{"type":"canceled"}}
                {"custom_id":
                {"custom_id":"b","result":{"type":"expired"}}
                """);
        var lines = new ArrayList<ResultLine>();

        assertThat(provider.results("msgbatch_1", FilePosition.START, (line, _) -> lines.add(line)))
                .isEqualTo(new ResultsOutcome.Complete(3));
        assertThat(lines)
                .extracting(line -> line.getClass().getSimpleName())
                .containsExactly("NotExecuted", "Corrupt", "NotExecuted");
        assertThat(vendor.requests().getFirst().line()).isEqualTo("GET /v1/messages/batches/msgbatch_1/results");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "a/b", "a?b", "a%2fb"})
    void anIdThatIsNoneNeverGetsIntoAUrl(String id) throws InterruptedException {
        assertThat(provider.poll(id)).isInstanceOf(Refused.class);
        assertThat(provider.cancel(id)).isInstanceOf(CancelOutcome.Refused.class);
        assertThat(provider.results(id, FilePosition.START, (_, _) -> {})).isInstanceOf(ResultsOutcome.Refused.class);
        assertThat(vendor.requests()).isEmpty();
    }

    private static String error(String type) {
        return """
                {"type":"error","error":{"type":"%s","message":"m"},"request_id":null}""".formatted(type);
    }
}
