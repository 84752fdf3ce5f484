package dev.halfrate.processor.provider.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.CallOutcome.NoAnswer;
import dev.halfrate.processor.provider.CallOutcome.Refused;
import dev.halfrate.processor.provider.Provider.Call;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.http.RawVendor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a single call sends, and what its answer means. */
class AnthropicCallTest {
    private static final String BODY = "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":9}";
    private static final String MESSAGE = """
            {"id":"msg_1","content":[{"type":"text","text":"4"}],
             "usage":{"input_tokens":7,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":5}}""";

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    @AutoClose
    private final AnthropicProvider provider =
            AnthropicProvider.of(vendor.account(), RawVendor.timeouts(Duration.ofSeconds(20)));

    @Test
    void aCallIsOnePostOfTheBodyAsItIs() {
        var body = new CompletableFuture<String>();
        vendor.does((request, connection) -> {
            body.complete(new String(connection.body(request), UTF_8));
            connection.answer(200, MESSAGE);
        });

        var answered = answered(call("", List.of()));

        assertThat(body.join()).isEqualTo(BODY);
        var request = vendor.requests().getFirst();
        assertThat(request.line()).isEqualTo("POST /v1/messages");
        assertThat(request.header("x-api-key")).isEqualTo(RawVendor.KEY);
        assertThat(request.header("anthropic-version")).isEqualTo("2023-06-01");
        assertThat(vendor.requests()).hasSize(1);
        assertThat(new String(answered.body(), UTF_8)).isEqualTo(MESSAGE);
        assertThat(answered.usage()).isEqualTo(new Usage(12, 3, 2, 5));
        assertThat(answered.succeeded()).isTrue();
    }

    @Test
    void versionAndBetasAreTheCalls() {
        vendor.answers(200, MESSAGE);

        answered(call("2026-10-21", List.of("one", "two")));

        assertThat(vendor.requests().getFirst().header("anthropic-version")).isEqualTo("2026-10-21");
        assertThat(vendor.requests().getFirst().header("anthropic-beta")).isEqualTo("one,two");
    }

    @ParameterizedTest
    @CsvSource({
        "400, invalid_request_error, true",
        "404, not_found_error, true",
        "409, conflict_error, false",
        "413, request_too_large, true"
    })
    void whatIsWrongWithTheRequestIsItsAnswer(int status, String type, boolean permanent) {
        vendor.answers(status, error(type, "as the vendor says"));

        var answered = answered(call("", List.of()));

        assertThat(answered.httpStatus()).isEqualTo(status);
        assertThat(new String(answered.body(), UTF_8)).isEqualTo(error(type, "as the vendor says"));
        assertThat(answered.error()).isEqualTo(new ResultLine.LineError(type, "as the vendor says", permanent));
    }

    @ParameterizedTest
    @CsvSource({
        "429, rate_limit_error, too many, RATE",
        "529, overloaded_error, Overloaded, UNAVAILABLE",
        "500, api_error, oops, UNAVAILABLE",
        "401, authentication_error, API key is invalid., KEY",
        "402, billing_error, pay, CREDIT",
        "400, invalid_request_error, Your credit balance is too low, CREDIT"
    })
    void aNoThatIsNotAboutTheRequestIsARefusalWithTheVendorsWish(int status, String type, String text, Kind kind) {
        vendor.answers(status, error(type, text), "retry-after: 7");

        assertThat(call("", List.of())).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.refusal().kind()).isEqualTo(kind);
            assertThat(refused.refusal().retryAfter()).isEqualTo(Duration.ofSeconds(7));
            assertThat(refused.line()).isNotNull();
        });
    }

    @Test
    void aTimeoutOfTheVendorMayHaveBeenBought() {
        vendor.answers(504, error("timeout_error", "took too long"));

        assertThat(call("", List.of())).isEqualTo(new NoAnswer("HTTP 504"));
    }

    private CallOutcome call(String version, List<String> betas) {
        return provider.call(new Call("/v1/messages", version, betas, BODY.getBytes(UTF_8), Duration.ofSeconds(20)));
    }

    private static ResultLine.Answered answered(CallOutcome outcome) {
        if (outcome instanceof CallOutcome.Answered(var line)) {
            return line;
        }
        throw new AssertionError(outcome);
    }

    private static String error(String type, String text) {
        return "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"},\"request_id\":null}"
                .formatted(type, text);
    }
}
