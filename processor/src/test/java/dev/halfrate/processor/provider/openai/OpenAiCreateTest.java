package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.CreateOutcome.Created;
import dev.halfrate.processor.provider.CreateOutcome.InDoubt;
import dev.halfrate.processor.provider.CreateOutcome.Refused;
import dev.halfrate.processor.provider.Deadline;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Provider.Create;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.http.RawVendor;
import dev.halfrate.processor.provider.http.Timeouts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a create sends, how often, and when its outcome is definite. */
class OpenAiCreateTest {
    private static final String POST = "POST /v1/batches";
    private static final String BATCH = """
            {"id":"batch_1","object":"batch","status":"validating","input_file_id":"file-1","created_at":1}""";
    private static final Timeouts TIMEOUTS = RawVendor.timeouts(Duration.ofSeconds(20));

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    @Test
    void aCreateIsOnePostOverHttp11WithTheAttemptInItsMetadata() {
        var body = new CompletableFuture<String>();
        vendor.does((request, connection) -> {
            body.complete(new String(connection.body(request), UTF_8));
            connection.answer(200, BATCH);
        });

        var outcome = create(vendor);

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Created.class,
                        created -> assertThat(created.remote().id()).isEqualTo("batch_1"));
        assertThat(body.join()).isEqualTo("""
                {"input_file_id":"file-1","endpoint":"/v1/chat/completions","completion_window":"24h",\
                "metadata":{"halfrate_attempt":"attempt-1","halfrate_batch":"b-1"}}""");
        var request = vendor.requests().getFirst();
        assertThat(request.head()).startsWith(POST + " HTTP/1.1\r\n").doesNotContainIgnoringCase("upgrade:");
        assertThat(request.header("Authorization")).isEqualTo("Bearer " + RawVendor.KEY);
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 301, 302, 307, 308, 405, 407, 408, 409, 418, 425, 500, 502, 503, 504, 520})
    void aStatusThatIsNoDefiniteNoIsADoubtAndSentOnce(int status) {
        vendor.answers(
                status,
                status == 204 ? "" : error("server_error", null),
                "Retry-After: 0",
                "Location: /v1/batches",
                "WWW-Authenticate: Basic realm=\"x\"",
                "Proxy-Authenticate: Basic realm=\"x\"");

        assertThat(create(vendor)).isInstanceOf(InDoubt.class);
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<html>ok</html>",
                "{\"id\":\"batch_",
                "{}",
                "[]",
                "{\"id\":null}",
                "{\"id\":\"\"}",
                "{\"id\":7}",
                "{\"id\":\"../../files\"}",
                "{\"id\":\"batch_1\"} {\"id\":\"batch_2\"}"
            })
    void aSuccessThatCannotBeReadIsADoubt(String body) {
        vendor.answers(200, body);

        assertThat(create(vendor)).isInstanceOf(InDoubt.class);
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @Test
    void aSuccessCutShortIsADoubt() {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + BATCH);
            connection.socket().close();
        });

        assertThat(create(vendor)).isInstanceOf(InDoubt.class);
    }

    @Test
    void aResetAfterTheBodyIsADoubtOnAFreshConnection() {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.reset();
        });

        assertThat(create(vendor)).isInstanceOf(InDoubt.class);
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @Test
    void aResetAfterTheBodyIsADoubtOnAPooledConnection() {
        vendor.does((request, connection) -> {
            connection.body(request);
            if (request.line().equals(POST)) {
                connection.reset();
            } else {
                connection.answer(200, BATCH);
            }
        });
        try (var provider = OpenAiProvider.of(vendor.account(), TIMEOUTS)) {
            assertThat(provider.poll("batch_1")).isInstanceOf(PollOutcome.Seen.class);

            var outcome = provider.create(request(() -> false));

            assertThat(outcome).isInstanceOf(InDoubt.class);
            assertThat(vendor.count(POST)).isEqualTo(1);
            assertThat(vendor.connections())
                    .as("the create used the pooled one")
                    .isEqualTo(1);
        }
    }

    @Test
    void aCloseWithoutAWordIsADoubt() {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.socket().close();
        });

        assertThat(create(vendor)).isInstanceOf(InDoubt.class);
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @Test
    void silenceIsADoubtOnceTheTimeIsOver() {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.in().read();
        });

        assertThat(create(vendor, Duration.ofMillis(300))).isEqualTo(new InDoubt("timed out"));
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @Test
    void silenceAfterTheHeadersIsADoubtToo() {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{");
            connection.in().read();
        });

        assertThat(create(vendor, Duration.ofMillis(300))).isInstanceOf(InDoubt.class);
    }

    @Test
    void anInterruptedCreateIsADoubtAndTheThreadStaysInterrupted() throws Exception {
        var arrived = new CountDownLatch(1);
        vendor.does((request, connection) -> {
            connection.body(request);
            arrived.countDown();
            connection.in().read();
        });
        var outcome = new CompletableFuture<CreateOutcome>();
        var interrupted = new CompletableFuture<Boolean>();
        var thread = Thread.ofVirtual().start(() -> {
            outcome.complete(create(vendor));
            interrupted.complete(Thread.currentThread().isInterrupted());
        });
        arrived.await();

        thread.interrupt();

        assertThat(outcome.join()).isEqualTo(new InDoubt("interrupted"));
        assertThat(interrupted.join()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            400, missing_required_parameter, BAD_REQUEST
            400, token_limit_exceeded,       QUEUE_FULL
            400, billing_hard_limit_reached, CREDIT
            401, invalid_api_key,            KEY
            401, -,                          KEY
            402, -,                          CREDIT
            403, -,                          KEY
            404, -,                          NOT_FOUND
            422, -,                          BAD_REQUEST
            429, rate_limit_exceeded,        RATE
            429, -,                          RATE
            429, insufficient_quota,         CREDIT
            429, token_limit_exceeded,       QUEUE_FULL
            529, -,                          UNAVAILABLE
            """)
    void aVendorErrorInItsEnvelopeIsDefinite(int status, @Nullable String code, Kind kind) {
        vendor.answers(status, error("some_type", code));

        assertThat(create(vendor)).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.refusal().kind()).isEqualTo(kind);
            assertThat(refused.refusal().httpStatus()).isEqualTo(status);
            assertThat(refused.refusal().code()).isEqualTo(code == null ? "some_type" : code);
        });
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 402, 403, 404, 422, 429, 529})
    void withoutAnEnvelopeSomebodyElseMayHaveAnswered(int status) {
        vendor.answers(status, "<html>a proxy's page</html>");

        assertThat(create(vendor)).isEqualTo(new InDoubt("HTTP " + status));
    }

    @Test
    void tooLargeIsDefiniteInAnyShape() {
        vendor.answers(413, "<html>nginx</html>");

        assertThat(create(vendor))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.TOO_LARGE));
    }

    @Test
    void aRefusalQuotesNeitherTheVendorNorTheKey() {
        vendor.answers(401, """
                {"error":{"message":"Incorrect API key provided: %s. Prompt was: secret","type":"%s","code":"%s"}}""".formatted(RawVendor.KEY, "Bearer " + RawVendor.KEY, RawVendor.KEY));

        var outcome = create(vendor);

        assertThat(outcome.toString()).contains("http_401").doesNotContain(RawVendor.KEY, "secret");
    }

    @Test
    void aConnectionThatIsRefusedIsDefinite() throws IOException {
        int port;
        try (var unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = unused.getLocalPort();
        }

        assertNotConnected(create(RawVendor.account("http://127.0.0.1:" + port + "/v1")));
    }

    @Test
    void aNameThatDoesNotResolveIsDefinite() {
        assertNotConnected(create(RawVendor.account("https://no-such-host.invalid/v1")));
    }

    @Test
    void aFailedTlsHandshakeIsDefinite() throws IOException {
        try (var noTls = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> {
                try (var socket = noTls.accept()) {
                    socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
                } catch (IOException _) {
                    // the client gave up first
                }
            });

            assertNotConnected(create(RawVendor.account("https://127.0.0.1:" + noTls.getLocalPort() + "/v1")));
        }
    }

    @Test
    void aDeadlineThatHasPassedSendsNothing() {
        vendor.answers(200, BATCH);
        try (var provider = OpenAiProvider.of(vendor.account(), TIMEOUTS)) {
            assertDeadline(provider.create(request(() -> true)));
        }
        assertThat(vendor.requests()).isEmpty();
    }

    @Test
    void aDeadlineThatPassesMidwayWithholdsTheLastByte() throws Exception {
        var length = new CompletableFuture<Integer>();
        var almostAll = new CompletableFuture<byte[]>();
        var rest = new CompletableFuture<byte[]>();
        vendor.does((request, connection) -> {
            length.complete(Integer.parseInt(request.header("Content-Length")));
            almostAll.complete(connection.in().readNBytes(length.join() - 2));
            rest.complete(connection.in().readAllBytes());
        });
        var checks = new AtomicInteger();
        Deadline passesBeforeTheLastByte = () -> {
            if (checks.incrementAndGet() < 4) {
                return false;
            }
            almostAll.join(); // the last check comes when all the rest has arrived
            return true;
        };
        try (var provider = OpenAiProvider.of(vendor.account(), TIMEOUTS)) {
            assertDeadline(provider.create(request(passesBeforeTheLastByte)));
        }

        assertThat(almostAll.join()).hasSize(length.join() - 2);
        assertThat(rest.get(20, TimeUnit.SECONDS)).hasSizeLessThan(2);
        assertThat(checks).hasValue(4);
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @Test
    void aDeadlineThatPassesBeforeTheFirstByteOfTheBodyWithholdsAllOfIt() throws Exception {
        var body = new CompletableFuture<byte[]>();
        vendor.does((_, connection) -> body.complete(connection.in().readAllBytes()));
        var checks = new AtomicInteger();
        try (var provider = OpenAiProvider.of(vendor.account(), TIMEOUTS)) {
            assertDeadline(provider.create(request(() -> checks.incrementAndGet() > 1)));
        }

        assertThat(body.get(20, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void anAnswerBeforeTheBodyHasLeftCounts() {
        vendor.does((_, connection) -> {
            connection.answer(401, error("invalid_request_error", "invalid_api_key"), "Connection: close");
            connection.in().readAllBytes();
        });

        assertThat(create(vendor)).isInstanceOf(Refused.class);
    }

    private static void assertNotConnected(CreateOutcome outcome) {
        assertThat(outcome).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.refusal().kind()).isEqualTo(Kind.UNAVAILABLE);
            assertThat(refused.refusal().httpStatus()).isZero();
            assertThat(refused.refusal().code()).isEqualTo("not_connected");
        });
    }

    private static void assertDeadline(CreateOutcome outcome) {
        assertThat(outcome).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.refusal().kind()).isEqualTo(Kind.UNAVAILABLE);
            assertThat(refused.refusal().code()).isEqualTo("deadline");
        });
    }

    private static CreateOutcome create(RawVendor vendor) {
        return create(vendor.account());
    }

    private static CreateOutcome create(AccountConfig account) {
        try (var provider = OpenAiProvider.of(account, TIMEOUTS)) {
            return provider.create(request(() -> false));
        }
    }

    private static CreateOutcome create(RawVendor vendor, Duration answer) {
        try (var provider = OpenAiProvider.of(vendor.account(), RawVendor.timeouts(answer))) {
            return provider.create(request(() -> false));
        }
    }

    private static Create request(Deadline deadline) {
        return new Create(
                "attempt-1", "b-1", "/v1/chat/completions", "gpt-4o", "", List.of(), "24h", "file-1", null, deadline);
    }

    private static String error(String type, @Nullable String code) {
        return """
                {"error":{"message":"No.","type":"%s","param":null,"code":%s}}""".formatted(type, code == null ? "null" : "\"" + code + "\"");
    }
}
