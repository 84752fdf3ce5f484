package dev.halfrate.processor.provider.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.CreateOutcome.Created;
import dev.halfrate.processor.provider.CreateOutcome.InDoubt;
import dev.halfrate.processor.provider.CreateOutcome.Refused;
import dev.halfrate.processor.provider.Deadline;
import dev.halfrate.processor.provider.Provider.Create;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.http.RawVendor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a create sends, how often, and when its outcome is definite. */
class AnthropicCreateTest {
    private static final String POST = "POST /v1/messages/batches";
    private static final String BATCH = """
            {"id":"msgbatch_1","type":"message_batch","processing_status":"in_progress",
             "request_counts":{"processing":2,"succeeded":0,"errored":0,"canceled":0,"expired":0}}""";

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    @AutoClose
    private final AnthropicProvider provider =
            AnthropicProvider.of(vendor.account(), RawVendor.timeouts(Duration.ofSeconds(20)));

    @TempDir
    private Path dir = Path.of("");

    private Path lines = Path.of("");

    @BeforeEach
    void spool() throws IOException {
        lines = Files.writeString(dir.resolve("spool"), "{\"a\":\"ü\"}\n{\"b\":2}\n");
    }

    @Test
    void theLinesGoInlineInOnePostOverHttp11() {
        var body = new CompletableFuture<String>();
        vendor.does((request, connection) -> {
            body.complete(new String(connection.body(request), UTF_8));
            connection.answer(200, BATCH);
        });

        var outcome = create(() -> false);

        assertThat(outcome).isInstanceOfSatisfying(Created.class, created -> {
            assertThat(created.remote().id()).isEqualTo("msgbatch_1");
            assertThat(created.remote().counts().total()).isEqualTo(2);
        });
        assertThat(body.join()).isEqualTo("{\"requests\":[{\"a\":\"ü\"},{\"b\":2}]}");
        var request = vendor.requests().getFirst();
        assertThat(request.head()).startsWith(POST + " HTTP/1.1\r\n").doesNotContainIgnoringCase("upgrade:");
        assertThat(request.header("x-api-key")).isEqualTo(RawVendor.KEY);
        assertThat(request.header("Authorization")).isEmpty();
        assertThat(request.header("Content-Type")).isEqualTo("application/json");
        assertThat(request.header("anthropic-version")).isEqualTo("2023-06-01");
        assertThat(request.header("anthropic-beta")).isEmpty();
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @Test
    void versionAndBetasAreTheLanes() {
        vendor.answers(200, BATCH);

        create("2026-10-21", List.of("output-300k-2026-03-24", "context-1m-2025-08-07"), () -> false);

        var head = vendor.requests().getFirst();
        assertThat(head.header("anthropic-version")).isEqualTo("2026-10-21");
        assertThat(head.head()).doesNotContain("2023-06-01");
        assertThat(head.header("anthropic-beta")).isEqualTo("output-300k-2026-03-24,context-1m-2025-08-07");
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 301, 307, 405, 408, 409, 425, 500, 502, 503, 504, 520})
    void aStatusThatIsNoDefiniteNoIsADoubtAndSentOnce(int status) {
        vendor.answers(status, status == 204 ? "" : error("api_error", "m"), "Retry-After: 0", "x-should-retry: true");

        assertThat(create(() -> false)).isInstanceOf(InDoubt.class);
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @Test
    void aResetAfterTheBodyIsADoubt() {
        vendor.does((request, connection) -> {
            connection.body(request);
            connection.reset();
        });

        assertThat(create(() -> false)).isInstanceOf(InDoubt.class);
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            400, invalid_request_error, m,                                     BAD_REQUEST
            400, invalid_request_error, Your credit balance is too low,        CREDIT
            400, invalid_request_error, You have reached your API usage limits, CREDIT
            401, authentication_error,  m,                                     KEY
            402, billing_error,         m,                                     CREDIT
            403, permission_error,      m,                                     KEY
            404, not_found_error,       m,                                     NOT_FOUND
            413, request_too_large,     m,                                     TOO_LARGE
            422, invalid_request_error, m,                                     BAD_REQUEST
            429, rate_limit_error,      m,                                     RATE
            529, overloaded_error,      m,                                     UNAVAILABLE
            """)
    void aVendorErrorInItsEnvelopeIsDefinite(int status, String type, String message, Kind kind) {
        vendor.answers(status, error(type, message));

        assertThat(create(() -> false)).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.refusal().kind()).isEqualTo(kind);
            assertThat(refused.refusal().httpStatus()).isEqualTo(status);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 429, 529})
    void withoutAnEnvelopeSomebodyElseMayHaveAnswered(int status) {
        vendor.answers(status, "<html>a proxy's page</html>");

        assertThat(create(() -> false)).isEqualTo(new InDoubt("HTTP " + status));
    }

    @Test
    void tooLargeIsDefiniteInAnyShape() {
        vendor.answers(413, "<html>a proxy's page</html>");

        assertThat(create(() -> false))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.TOO_LARGE));
    }

    @Test
    void aRefusalQuotesNeitherTheVendorNorTheKey() {
        vendor.answers(401, error("authentication_error", "no such key " + RawVendor.KEY));

        assertThat(create(() -> false).toString())
                .contains("authentication_error")
                .doesNotContain(RawVendor.KEY, "no such");
    }

    @Test
    void aDeadlineThatHasPassedSendsNothing() {
        vendor.answers(200, BATCH);

        assertThat(create(() -> true)).isInstanceOf(Refused.class);
        assertThat(vendor.requests()).isEmpty();
    }

    @Test
    void aDeadlineThatPassesDuringALongUploadWithholdsTheLastByte() throws Exception {
        Files.write(lines, ("{\"a\":\"" + "x".repeat(1 << 20) + "\"}\n").getBytes(UTF_8));
        var length = "{\"requests\":[]}".length() + Files.size(lines) - 1;
        var almostAll = new CompletableFuture<@Nullable Void>();
        var rest = new CompletableFuture<byte[]>();
        vendor.does((request, connection) -> {
            assertThat(request.header("Content-Length")).isEqualTo(String.valueOf(length));
            connection.in().skipNBytes(length - 2);
            almostAll.complete(null);
            rest.complete(connection.in().readAllBytes());
        });
        var checksMax = 1 + Math.ceilDiv(length - 2, 64 << 10) + 2; // before it starts, and before each buffer
        var checks = new AtomicLong();

        var outcome = create(() -> {
            if (checks.incrementAndGet() < checksMax) {
                return false;
            }
            almostAll.join(); // the last check comes when all the rest has arrived
            return true;
        });

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.refusal().code()).isEqualTo("deadline"));
        assertThat(rest.get(20, TimeUnit.SECONDS)).hasSizeLessThan(2);
        assertThat(vendor.count(POST)).isEqualTo(1);
    }

    @Test
    void aSpoolFileThatIsGoneIsNeverSent() throws IOException {
        Files.delete(lines);

        assertThat(create(() -> false))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.refusal().code()).isEqualTo("no_spool"));
        assertThat(vendor.requests()).isEmpty();
    }

    @Test
    void aSpoolFileThatShrinksIsNeverSentToItsEnd() throws Exception {
        try (var file = new RandomAccessFile(lines.toFile(), "rw")) {
            file.setLength(8 << 20);
        }
        var complete = new CompletableFuture<Boolean>();
        vendor.does((request, connection) -> {
            var length = Integer.parseInt(request.header("Content-Length"));
            complete.complete(connection.in().readNBytes(length).length == length);
        });
        var checks = new AtomicInteger();

        var outcome = create(() -> {
            if (checks.incrementAndGet() == 4) {
                truncate(lines);
            }
            return false;
        });

        assertThat(outcome).isInstanceOf(InDoubt.class);
        assertThat(complete.get(20, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void theLargestBatchGoesUpFromASmallHeap() throws Exception {
        var received = new CompletableFuture<Long>();
        vendor.does((request, connection) -> {
            var bytes = Long.parseLong(request.header("Content-Length"));
            connection.in().skipNBytes(bytes);
            received.complete(bytes);
            connection.answer(200, BATCH);
        });
        var bytes = provider.capabilities().bytesMax();
        try (var file = new RandomAccessFile(lines.toFile(), "rw")) {
            file.setLength(bytes);
        }

        var child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx32m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Creating.class.getName(),
                        vendor.account().baseUrl().toString(),
                        lines.toString())
                .redirectErrorStream(true)
                .start();
        child.getOutputStream().close();
        var printed = new String(child.getInputStream().readAllBytes(), UTF_8);

        assertThat(printed.strip()).startsWith("Created[");
        assertThat(received.join()).isBetween(bytes, 256_000_000L);
    }

    /** The other process: base URL and file. */
    static final class Creating {
        private Creating() {}

        public static void main(String[] args) {
            var account = RawVendor.account(args[0]);
            try (var provider = AnthropicProvider.of(account, RawVendor.timeouts(Duration.ofSeconds(60)))) {
                System.out.println(provider.create(request("", List.of(), Path.of(args[1]), () -> false)));
            }
        }
    }

    private CreateOutcome create(Deadline deadline) {
        return create("", List.of(), deadline);
    }

    private CreateOutcome create(String apiVersion, List<String> betas, Deadline deadline) {
        return provider.create(request(apiVersion, betas, lines, deadline));
    }

    private static Create request(String apiVersion, List<String> betas, Path lines, Deadline deadline) {
        return new Create("attempt-1", "b-1", "/v1/messages", "claude", apiVersion, betas, "24h", "", lines, deadline);
    }

    private static void truncate(Path file) {
        try (var open = new RandomAccessFile(file.toFile(), "rw")) {
            open.setLength(100);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String error(String type, String message) {
        return """
                {"type":"error","error":{"type":"%s","message":"%s"},"request_id":"req_1"}""".formatted(type, message);
    }
}
