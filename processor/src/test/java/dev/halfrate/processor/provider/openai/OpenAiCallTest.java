package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.CallOutcome.NoAnswer;
import dev.halfrate.processor.provider.CallOutcome.Refused;
import dev.halfrate.processor.provider.Provider.Call;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.http.RawVendor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a single call sends, how often, and what its answer means. */
class OpenAiCallTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String POST = "POST " + CHAT;
    private static final String BODY = "{\"model\": \"gpt-4o-mini\",\n \"messages\": [\"canary-prompt\"]}";
    private static final String COMPLETION = """
            {"id":"chatcmpl-1",  "choices":[{"message":{"content":"Grüße"}}],
             "usage":{"prompt_tokens":22,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":5}}}""";

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    @Test
    void aCallIsOnePostOverHttp11WithTheBodyAsItIs() {
        var body = new CompletableFuture<String>();
        vendor.does((request, connection) -> {
            body.complete(new String(connection.body(request), UTF_8));
            connection.answer(200, COMPLETION);
        });

        var answered = answered(call(CHAT));

        assertThat(body.join()).isEqualTo(BODY);
        var request = vendor.requests().getFirst();
        assertThat(request.head()).startsWith(POST + " HTTP/1.1\r\n").doesNotContainIgnoringCase("upgrade:");
        assertThat(request.header("Authorization")).isEqualTo("Bearer " + RawVendor.KEY);
        assertThat(request.header("Content-Type")).isEqualTo("application/json");
        assertThat(vendor.count(POST)).isEqualTo(1);
        assertThat(answered.httpStatus()).isEqualTo(200);
        assertThat(new String(answered.body(), UTF_8)).isEqualTo(COMPLETION);
        assertThat(answered.usage()).isEqualTo(new Usage(22, 5, 0, 2));
        assertThat(answered.succeeded()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/responses", "/v1/embeddings", "/v1/moderations", "/v1/completions"})
    void eachRequestGoesToItsEndpoint(String endpoint) {
        vendor.answers(200, "{}");

        answered(call(endpoint));

        assertThat(vendor.count("POST " + endpoint)).isEqualTo(1);
    }

    @Test
    void anUnknownEndpointIsNeverAskedFor() {
        assertThatThrownBy(() -> call("/v1/../files")).isInstanceOf(IllegalArgumentException.class);
        assertThat(vendor.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "400, invalid_value, true",
        "404, model_not_found, true",
        "403, model_not_found, true",
        "409, conflict, false",
        "422, unprocessable, true"
    })
    void whatIsWrongWithTheRequestIsItsAnswer(int status, String code, boolean permanent) {
        vendor.answers(status, error("invalid_request_error", code));

        var answered = answered(call(CHAT));

        assertThat(answered.httpStatus()).isEqualTo(status);
        assertThat(new String(answered.body(), UTF_8)).isEqualTo(error("invalid_request_error", code));
        assertThat(answered.error()).isEqualTo(new ResultLine.LineError(code, "as the vendor says", permanent));
    }

    @Test
    void anErrorWithoutTheEnvelopeIsTheRequestsTooIfItIsJson() {
        vendor.answers(404, "{\"object\":\"error\",\"code\":404}");

        assertThat(answered(call(CHAT)).error()).isEqualTo(new ResultLine.LineError("http_404", "HTTP 404", true));
    }

    @Test
    void tooLargeIsTheRequestsAnswerInAnyShape() {
        vendor.answers(413, "<html>too large</html>");

        var answered = answered(call(CHAT));

        assertThat(new String(answered.body(), UTF_8)).isEqualTo("null");
        assertThat(answered.error()).isEqualTo(new ResultLine.LineError("too_large", "HTTP 413 too_large", true));
    }

    @ParameterizedTest
    @CsvSource({
        "429, rate_limit_exceeded, RATE",
        "429, insufficient_quota, CREDIT",
        "401, invalid_api_key, KEY",
        "403, forbidden, KEY",
        "402, no_money, CREDIT",
        "500, server_error, UNAVAILABLE",
        "502, server_error, UNAVAILABLE",
        "503, overloaded, UNAVAILABLE",
        "529, overloaded, UNAVAILABLE"
    })
    void aNoThatIsNotAboutTheRequestIsARefusalWithTheVendorsWishAndWords(int status, String code, Kind kind) {
        vendor.answers(status, error("error", code), "Retry-After: 7");

        assertThat(call(CHAT)).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.refusal().kind()).isEqualTo(kind);
            assertThat(refused.refusal().code()).isEqualTo(code);
            assertThat(refused.refusal().retryAfter()).isEqualTo(Duration.ofSeconds(7));
            assertThat(refused.refusal().message()).doesNotContain("as the vendor says");
            assertThat(refused.line())
                    .isNotNull()
                    .satisfies(
                            line -> assertThat(new String(line.body(), UTF_8)).isEqualTo(error("error", code)));
        });
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @Test
    void tooManyCallsIsThatInAnyShape() {
        vendor.answers(429, "<html>slow down</html>", "Retry-After: 7");

        assertThat(call(CHAT)).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.refusal().kind()).isEqualTo(Kind.RATE);
            assertThat(refused.refusal().retryAfter()).isEqualTo(Duration.ofSeconds(7));
            assertThat(refused.line()).isNull();
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 307, 308, 404, 405, 410})
    void whatDoesNotSpeakLikeAVendorHasNoSuchEndpointAndIsNotFollowed(int status) {
        vendor.answers(status, "<html>", "Location: /v1/elsewhere");

        assertThat(call(CHAT))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.NOT_FOUND));
        assertThat(vendor.requests()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 409, 425, 499, 500, 502, 503, 504, 520, 529})
    void aFailureThatIsNotTheVendorsOwnMayHaveBeenBought(int status) {
        vendor.answers(status, "<html>oops</html>", "Retry-After: 0");

        assertThat(call(CHAT)).isEqualTo(new NoAnswer("HTTP " + status));
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 504})
    void whoGaveUpWaitingMayHaveBoughtItWhateverItSays(int status) {
        vendor.answers(status, error("timeout", "timeout"));

        assertThat(call(CHAT)).isEqualTo(new NoAnswer("HTTP " + status));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html>ok</html>", "{\"id\":\"chat", "[]", "7", "{}{}", "{\"a\":1},\"b\":2}"})
    void aSuccessThatCannotBeReadWasBought(String body) {
        vendor.answers(200, body);

        assertThat(call(CHAT)).isEqualTo(new NoAnswer("HTTP 200, unreadable"));
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @Test
    void aSuccessCutShortMayHaveBeenBought() {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + COMPLETION);
            connection.socket().close();
        });

        assertThat(call(CHAT)).isEqualTo(new NoAnswer("connection broke within the answer"));
    }

    @Test
    void aCompressedSuccessMayHaveBeenBought() {
        vendor.answers(200, COMPLETION, "Content-Encoding: gzip");

        assertThat(call(CHAT)).isEqualTo(new NoAnswer("HTTP 200, unreadable"));
    }

    @Test
    void anAnswerThatNobodyCanHoldSaysSo() {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            var chunk = "100000\r\n" + " ".repeat(1 << 20) + "\r\n";
            for (var mebibyte = 0; mebibyte < 100; mebibyte++) {
                connection.send(chunk);
            }
        });

        assertThat(call(CHAT)).isEqualTo(new CallOutcome.TooLong((64 << 20) + 1L));
    }

    @Test
    void aResetAfterTheBodyMayHaveBeenBoughtAndIsSentOnce() {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.reset();
        });

        assertThat(call(CHAT)).isEqualTo(new NoAnswer("connection broke"));
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @Test
    void aResetOnAPooledConnectionIsNotSentAgainByTheClient() {
        vendor.answers(200, COMPLETION);
        try (var provider = provider(vendor.account())) {
            answered(provider.call(request(CHAT, Duration.ofSeconds(20))));
            vendor.does((request, connection) -> {
                connection.body(request);
                connection.reset();
            });

            assertThat(provider.call(request(CHAT, Duration.ofSeconds(20)))).isInstanceOf(NoAnswer.class);
            assertThat(vendor.count(POST)).isEqualTo(2);
        }
    }

    @Test
    void aSilentVendorIsNotWaitedForLongerThanToldAndMayHaveBeenBought() {
        vendor.does((request, connection) -> connection.body(request));
        try (var provider = provider(vendor.account())) {
            assertThat(provider.call(request(CHAT, Duration.ofMillis(200)))).isEqualTo(new NoAnswer("timed out"));
        }
    }

    @Test
    void aVendorThatFallsSilentWithinTheAnswerIsNotWaitedForEither() {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{");
        });
        try (var provider = provider(vendor.account())) {
            assertThat(provider.call(request(CHAT, Duration.ofMillis(200))))
                    .isEqualTo(new NoAnswer("timed out within the answer"));
        }
    }

    @Test
    void withoutAConnectionNothingWasBought() throws IOException {
        int port;
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = server.getLocalPort();
        }
        try (var provider = provider(RawVendor.account("http://127.0.0.1:" + port + "/v1"))) {
            assertThat(provider.call(request(CHAT, Duration.ofSeconds(20))))
                    .isInstanceOfSatisfying(Refused.class, refused -> {
                        assertThat(refused.refusal().kind()).isEqualTo(Kind.UNAVAILABLE);
                        assertThat(refused.refusal().httpStatus()).isZero();
                    });
        }
    }

    @Test
    void anInterruptedCallMayHaveBeenBoughtAndLeavesTheThreadInterrupted() throws InterruptedException {
        var came = new CompletableFuture<Void>();
        vendor.does((request, connection) -> {
            connection.body(request);
            came.complete(null);
        });
        var outcome = new CompletableFuture<CallOutcome>();
        var interrupted = new CompletableFuture<Boolean>();
        var caller = Thread.ofVirtual().start(() -> {
            outcome.complete(call(CHAT));
            interrupted.complete(Thread.currentThread().isInterrupted());
        });
        came.join();

        caller.interrupt();

        assertThat(outcome.join()).isEqualTo(new NoAnswer("interrupted"));
        assertThat(interrupted.join()).isTrue();
        caller.join();
    }

    private CallOutcome call(String endpoint) {
        try (var provider = provider(vendor.account())) {
            return provider.call(request(endpoint, Duration.ofSeconds(20)));
        }
    }

    private static OpenAiProvider provider(AccountConfig account) {
        return OpenAiProvider.of(account, RawVendor.timeouts(Duration.ofSeconds(20)));
    }

    private static Call request(String endpoint, Duration timeout) {
        return new Call(endpoint, "", List.of(), BODY.getBytes(UTF_8), timeout);
    }

    private static ResultLine.Answered answered(CallOutcome outcome) {
        if (outcome instanceof CallOutcome.Answered(var line)) {
            return line;
        }
        throw new AssertionError(outcome);
    }

    private static String error(String type, String code) {
        return "{\"error\":{\"message\":\"as the vendor says\",\"type\":\"%s\",\"param\":null,\"code\":\"%s\"}}"
                .formatted(type, code);
    }
}
