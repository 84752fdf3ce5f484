package dev.halfrate.processor.provider;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.CallOutcome.NoAnswer;
import dev.halfrate.processor.provider.CallOutcome.Refused;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.ResultLine.Answered;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What one request that is sent alone comes to, whoever the vendor is: equal requests and equal faults come to the same.
 * Only codes and texts are the vendor's own.
 */
public abstract class CallContract {
    private static final Duration LONG = Duration.ofSeconds(20);

    protected final AtomicReference<Instant> vendorTime = new AtomicReference<>(Instant.now());

    @AutoClose
    protected final Simulator simulator = Simulator.start(SimulatorConfig.defaults(), vendorTime::get);

    @AutoClose
    private final HttpClient control = HttpClient.newHttpClient();

    protected final String endpoint;
    private final String model;

    protected CallContract(String endpoint, String model) {
        this.endpoint = endpoint;
        this.model = model;
    }

    protected abstract Provider provider();

    /** @return an error as the vendor writes it */
    protected String error(String type) {
        return "{\"error\":{\"message\":\"no\",\"type\":\"%s\",\"param\":null,\"code\":\"%s\"}}".formatted(type, type);
    }

    @Test
    void anAnswerIsTheVendorsJsonWithItsUsageAndIsBilledOnce() {
        var answered = answered(call(body(0)));

        assertThat(answered.httpStatus()).isEqualTo(200);
        assertThat(answered.error()).isNull();
        assertThat(new String(answered.body(), UTF_8)).startsWith("{").endsWith("}");
        assertThat(answered.usage()).isNotNull().satisfies(usage -> {
            assertThat(usage.inputTokens()).isPositive();
            assertThat(usage.outputTokens()).isPositive();
        });
        assertThat(callsBilled()).isEqualTo(1);
    }

    @Test
    void aMistakeOfTheRequestIsItsPermanentAnswerAndCostsNothing() {
        var answered = answered(call(wrong()));

        assertThat(answered.httpStatus()).isEqualTo(400);
        assertThat(answered.usage()).isNull();
        assertThat(answered.error()).isNotNull().satisfies(error -> {
            assertThat(error.permanent()).isTrue();
            assertThat(error.code()).isNotEmpty();
            assertThat(error.message()).contains("messages");
        });
        assertThat(callsBilled()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "401, KEY",
        "402, CREDIT",
        "403, KEY",
        "429, RATE",
        "500, UNAVAILABLE",
        "502, UNAVAILABLE",
        "503, UNAVAILABLE",
        "529, UNAVAILABLE"
    })
    void theVendorsOwnNoIsARefusalWithItsWish(int status, Kind kind) throws Exception {
        script("\"status\": %d, \"retry_after\": \"7\", \"body\": %s".formatted(status, quoted(error("an_error"))));

        assertThat(call(body(0))).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.refusal())
                    .isEqualTo(new Refusal(
                            kind, status, "an_error", "HTTP %d an_error".formatted(status), Duration.ofSeconds(7)));
            assertThat(refused.line()).isNotNull().satisfies(line -> {
                assertThat(line.httpStatus()).isEqualTo(status);
                assertThat(line.succeeded()).isFalse();
            });
        });
        assertThat(callsBilled()).isZero();
        answered(call(body(0)));
    }

    @ParameterizedTest
    @CsvSource({"401, KEY", "429, RATE", "404, NOT_FOUND", "405, NOT_FOUND"})
    void aNoOfSomethingBeforeTheVendorIsARefusalToo(int status, Kind kind) throws Exception {
        script("\"status\": %d, \"body\": \"<html>\"".formatted(status));

        assertThat(call(body(0)))
                .isEqualTo(new Refused(
                        new Refusal(kind, status, "http_" + status, "HTTP %d http_%d".formatted(status, status), null),
                        null));
    }

    @Test
    void tooLargeIsTheRequestsPermanentAnswer() throws Exception {
        script("\"status\": 413, \"body\": \"<html>\"");

        var answered = answered(call(body(0)));

        assertThat(answered.httpStatus()).isEqualTo(413);
        assertThat(answered.error()).isEqualTo(new ResultLine.LineError("too_large", "HTTP 413 too_large", true));
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 500, 502, 503, 504, 529})
    void aFailureThatIsNotTheVendorsOwnLeavesItUnknown(int status) throws Exception {
        script("\"status\": %d, \"handled\": true, \"body\": \"<html>\"".formatted(status));

        assertThat(call(body(0))).isEqualTo(new NoAnswer("HTTP " + status));
        assertThat(callsBilled()).isEqualTo(1);
    }

    @Test
    void aRedirectIsNotFollowed() throws Exception {
        script("\"status\": 302, \"body\": \"\", \"headers\": {\"Location\": \"%s\"}"
                .formatted(simulator.baseUrl().resolve("/control/billing")));

        assertThat(call(body(0)))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.NOT_FOUND));
    }

    @Test
    void aResetBeforeTheVendorActedLeavesItUnknown() throws Exception {
        script("\"reset\": \"BEFORE\"");

        assertThat(call(body(0))).isEqualTo(new NoAnswer("connection broke"));
        assertThat(callsBilled()).isZero();
    }

    @Test
    void aResetAfterTheVendorActedLeavesItUnknownAndIsPaidForOnce() throws Exception {
        script("\"reset\": \"AFTER\"");

        assertThat(call(body(0))).isEqualTo(new NoAnswer("connection broke"));
        assertThat(callsBilled()).isEqualTo(1);
    }

    @Test
    void anAnswerThatComesTooLateLeavesItUnknown() throws Exception {
        script("\"delay_answer_ms\": 20000");

        assertThat(call(body(0), Duration.ofMillis(500))).isEqualTo(new NoAnswer("timed out"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>", "{\"id\": \"cut", "[]"})
    void anUnreadableAnswerLeavesItUnknown(String answer) throws Exception {
        script("\"status\": 200, \"handled\": true, \"body\": " + quoted(answer));

        assertThat(call(body(0))).isEqualTo(new NoAnswer("HTTP 200, unreadable"));
        assertThat(callsBilled()).isEqualTo(1);
    }

    protected final CallOutcome call(String body) {
        return call(body, LONG);
    }

    private CallOutcome call(String body, Duration timeout) {
        return provider().call(new Provider.Call(endpoint, "", List.of(), body.getBytes(UTF_8), timeout));
    }

    protected static Answered answered(CallOutcome outcome) {
        if (outcome instanceof CallOutcome.Answered(var line)) {
            return line;
        }
        throw new AssertionError(outcome);
    }

    protected final String body(int number) {
        return body("[{\"role\":\"user\",\"content\":\"Grüße, number %d\"}]".formatted(number));
    }

    /** Only who executes it sees the mistake. */
    protected final String wrong() {
        return body("[]");
    }

    private String body(String messages) {
        return "{\"model\":\"%s\",\"max_tokens\":1000,\"messages\":%s}".formatted(model, messages);
    }

    private long callsBilled() {
        return simulator.billingBook().summary().callsBilled();
    }

    private static String quoted(@Nullable String text) {
        return "\"" + String.valueOf(text).replace("\"", "\\\"") + "\"";
    }

    /** @param behaviour of the next POST, as the simulator's documentation has it */
    private void script(String behaviour) throws IOException, InterruptedException {
        var fault = "{\"method\": \"POST\", \"path\": \".*\", %s}".formatted(behaviour);
        var answer = control.send(
                HttpRequest.newBuilder(simulator.baseUrl().resolve("/control/faults"))
                        .POST(BodyPublishers.ofString(fault))
                        .build(),
                BodyHandlers.ofString(UTF_8));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }
}
