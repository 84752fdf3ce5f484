package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.DoubtConfig;
import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.config.SyncConfig;
import dev.halfrate.processor.provider.CancelOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.PollOutcome.NoAnswer;
import dev.halfrate.processor.provider.PollOutcome.Refused;
import dev.halfrate.processor.provider.PollOutcome.Seen;
import dev.halfrate.processor.provider.Provider.Upload;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.RemoteBatch.BatchError;
import dev.halfrate.processor.provider.RemoteBatch.Counts;
import dev.halfrate.processor.provider.RemoteBatch.Status;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import dev.halfrate.processor.provider.http.RawVendor;
import dev.halfrate.processor.provider.http.Refusals;
import dev.halfrate.processor.provider.http.Timeouts;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All calls but create, find and results. */
class OpenAiProviderTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final String NOT_FOUND = """
            {"error":{"message":"No batch found with id 'x'","type":"invalid_request_error","param":null,"code":null}}""";

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    @AutoClose
    private final OpenAiProvider provider =
            OpenAiProvider.of(vendor.account(), RawVendor.timeouts(Duration.ofSeconds(20)), () -> NOW);

    @Test
    void anUploadIsAMultipartFormWithThePurposeAndTheFile(@TempDir Path dir) throws IOException {
        var body = new CompletableFuture<String>();
        vendor.does((request, connection) -> {
            body.complete(new String(connection.body(request), UTF_8));
            connection.answer(200, "{\"id\":\"file-1\",\"status\":\"processed\"}");
        });
        var lines = Files.writeString(dir.resolve("spool"), "{\"a\":\"ü\"}\n{}\n");

        assertThat(provider.upload(new Upload(lines, "attempt-1.jsonl")))
                .isEqualTo(new UploadOutcome.Uploaded("file-1"));

        var request = vendor.requests().getFirst();
        assertThat(request.line()).isEqualTo("POST /v1/files");
        assertThat(request.header("Transfer-Encoding")).isEmpty();
        var type = request.header("Content-Type");
        assertThat(type).startsWith("multipart/form-data; boundary=");
        assertThat(body.join())
                .isEqualTo("""
                --B
                Content-Disposition: form-data; name="purpose"

                batch
                --B
                Content-Disposition: form-data; name="file"; filename="attempt-1.jsonl"
                Content-Type: application/jsonl

                {"a":"ü"}|{}|
                --B--
                """.replace("\n", "\r\n").replace("|", "\n").replace("--B", "--" + type.substring(30)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.txt", ".jsonl", "a\"b.jsonl", "a\r\nb.jsonl", "../a.jsonl", "a.jsonl\n"})
    void aFileNameThatAFormCannotHoldIsABug(String name) {
        assertThatThrownBy(() -> new Upload(Path.of("spool"), name)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anUploadIsRefusedOrUnknown(@TempDir Path dir) throws IOException {
        var upload = new Upload(Files.writeString(dir.resolve("spool"), "{}\n"), "a.jsonl");

        vendor.answers(400, "{\"error\":{\"message\":\"Invalid file format\",\"type\":\"invalid_request_error\"}}");
        assertThat(provider.upload(upload))
                .isInstanceOfSatisfying(
                        UploadOutcome.Refused.class,
                        refused -> assertThat(refused.refusal().kind()).isEqualTo(Kind.BAD_REQUEST));

        vendor.answers(500, "");
        assertThat(provider.upload(upload)).isEqualTo(new UploadOutcome.Unknown("HTTP 500"));

        vendor.answers(200, "{\"id\":\"a/b\"}");
        assertThat(provider.upload(upload)).isEqualTo(new UploadOutcome.Unknown("HTTP 200, unreadable"));
    }

    @Test
    void aPollReadsTheWholeBatch() {
        vendor.answers(200, """
                {"id":"batch_1","object":"batch","endpoint":"/v1/chat/completions","status":"completed",
                 "input_file_id":"file-1","output_file_id":"file-2","error_file_id":"file-3","created_at":1,
                 "request_counts":{"total":3,"completed":2,"failed":1},"errors":null,"metadata":{"a":"b"}}""");

        assertThat(provider.poll("batch_1"))
                .isEqualTo(new Seen(new RemoteBatch(
                        "batch_1",
                        Status.COMPLETED,
                        "completed",
                        "file-1",
                        "file-2",
                        "file-3",
                        new Counts(3, 2, 1),
                        List.of())));
        assertThat(vendor.requests().getFirst().line()).isEqualTo("GET /v1/batches/batch_1");
    }

    @ParameterizedTest
    @CsvSource({
        "validating,VALIDATING",
        "in_progress,IN_PROGRESS",
        "finalizing,FINALIZING",
        "cancelling,CANCELLING",
        "completed,COMPLETED",
        "failed,FAILED",
        "expired,EXPIRED",
        "cancelled,CANCELLED",
        "Completed,COMPLETED",
        "InProgress,IN_PROGRESS",
        "CANCELED,CANCELLED",
        "paused,UNKNOWN",
        "'',UNKNOWN",
    })
    void statusesAreReadAsTheyAreSpelled(String word, Status status) {
        vendor.answers(200, "{\"id\":\"batch_1\",\"status\":\"%s\"}".formatted(word));

        assertThat(provider.poll("batch_1")).isInstanceOfSatisfying(Seen.class, seen -> {
            assertThat(seen.remote().status()).isEqualTo(status);
            assertThat(seen.remote().vendorStatus()).isEqualTo(word.isEmpty() ? "unreadable" : word);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":\"batch_1\"}",
                "{\"id\":\"batch_1\",\"status\":5,\"output_file_id\":\"\",\"error_file_id\":null,\"errors\":{\"data\":null}}",
                "{\"id\":\"batch_1\",\"status\":null,\"request_counts\":[],\"errors\":[],\"output_file_id\":{}}",
                "{\"id\":\"batch_1\",\"status\":{},\"request_counts\":{\"total\":\"x\"},\"errors\":{\"data\":{}},\"new\":1}",
            })
    void whatIsMissingOrOddDoesNotHideTheRest(String body) {
        vendor.answers(200, body);

        assertThat(provider.poll("batch_1"))
                .isEqualTo(new Seen(new RemoteBatch(
                        "batch_1", Status.UNKNOWN, "unreadable", null, null, null, Counts.NONE, List.of())));
    }

    @Test
    void errorsOfAFailedBatchAreToldInOurWords() {
        vendor.answers(200, """
                {"id":"batch_1","status":"failed","errors":{"object":"list","data":[
                 {"code":"invalid_json_line","message":"secret prompt","param":null,"line":3},
                 {"code":"token_limit_exceeded","line":null,"message":
                  "Enqueued token limit reached for gpt in organization org-secret. Limit: 900,000 enqueued tokens."},
                 {"code":"invalid_request","param":"file_id","line":null,"message":"Cannot find file secret"},
                 {"code":"brand_new","message":"secret","line":0},
                 {"code":"sk-secret","message":"secret","line":1e400},
                 "secret"]}}""");

        assertThat(provider.poll("batch_1"))
                .isInstanceOfSatisfying(
                        Seen.class,
                        seen -> assertThat(seen.remote().errors())
                                .containsExactly(
                                        error(Kind.BAD_REQUEST, "invalid_json_line", "the line is not valid JSON", 3),
                                        new BatchError(
                                                Kind.QUEUE_FULL,
                                                "token_limit_exceeded",
                                                "the limit of enqueued tokens is reached (900,000)",
                                                null,
                                                900_000),
                                        error(
                                                Kind.NOT_FOUND,
                                                "invalid_request",
                                                "the vendor's validation refused it",
                                                null),
                                        error(Kind.BAD_REQUEST, "brand_new", "brand_new", null),
                                        error(Kind.BAD_REQUEST, "unknown", "the vendor named no code", null),
                                        error(Kind.BAD_REQUEST, "unknown", "the vendor named no code", null)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "<html>", "{}", "{\"id\":\"batch_2\",\"status\":\"completed\"}", "[{\"id\":\"batch_1\"}]"})
    void anUnreadableOrForeignBatchIsNoAnswer(String body) {
        vendor.answers(200, body);

        assertThat(provider.poll("batch_1")).isEqualTo(new NoAnswer("HTTP 200, unreadable"));
    }

    @Test
    void aBatchIsGoneOnlyIfTheVendorSaysSo() {
        vendor.answers(404, NOT_FOUND);
        assertThat(provider.poll("batch_1"))
                .isEqualTo(new Refused(new Refusal(
                        Kind.NOT_FOUND, 404, "invalid_request_error", "HTTP 404 invalid_request_error", null)));

        vendor.answers(404, "<html>no route</html>");
        assertThat(provider.poll("batch_1")).isEqualTo(new NoAnswer("HTTP 404"));
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", delimiter = '|', textBlock = """
            30                            | 30
            0                             | 0
            86400                         | 900
            99999999999999999999          | 900
            Sat, 21 Nov 2026 12:01:00 GMT | 60
            Sat, 21 Nov 2026 11:00:00 GMT | 0
            Sun, 21 Nov 2100 11:00:00 GMT | 900
            soon                          | -
            -5                            | -
            """)
    void retryAfterIsSecondsOrADateAndCapped(String header, @Nullable Integer seconds) {
        vendor.answers(503, "busy", "Retry-After: " + header);

        assertThat(provider.poll("batch_1"))
                .isEqualTo(new Refused(new Refusal(
                        Kind.UNAVAILABLE,
                        503,
                        "overloaded",
                        "HTTP 503 overloaded",
                        seconds == null ? null : Duration.ofSeconds(seconds))));
    }

    @Test
    void aDateIsReadByTheVendorsClock() {
        vendor.answers(
                429,
                "{\"error\":{\"type\":\"requests\"}}",
                "Date: Sat, 21 Nov 2026 11:59:00 GMT",
                "Retry-After: Sat, 21 Nov 2026 11:59:10 GMT");

        assertThat(provider.poll("batch_1"))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.refusal().retryAfter()).isEqualTo(Duration.ofSeconds(10)));
    }

    @Test
    void aCancelIsAnEmptyPost() {
        vendor.answers(200, "{\"id\":\"batch_1\",\"status\":\"cancelling\"}");

        assertThat(provider.cancel("batch_1"))
                .isInstanceOfSatisfying(
                        CancelOutcome.Cancelling.class,
                        cancelling -> assertThat(cancelling.remote().status()).isEqualTo(Status.CANCELLING));
        assertThat(vendor.requests().getFirst().line()).isEqualTo("POST /v1/batches/batch_1/cancel");
    }

    @Test
    void aCancelThatComesTooLateIsRefused() {
        vendor.answers(409, "{\"error\":{\"message\":\"Cannot cancel\",\"type\":\"invalid_request_error\"}}");

        assertThat(provider.cancel("batch_1")).isInstanceOf(CancelOutcome.Refused.class);
    }

    @Test
    void aFileIsDeletedOnlyIfTheVendorSaysSo() {
        vendor.answers(200, "{\"id\":\"file-1\",\"deleted\":true}");
        assertThat(provider.deleteFile("file-1")).isEqualTo(new DeleteOutcome.Deleted());
        assertThat(vendor.requests().getFirst().line()).isEqualTo("DELETE /v1/files/file-1");

        vendor.answers(404, NOT_FOUND);
        assertThat(provider.deleteFile("file-1")).isEqualTo(new DeleteOutcome.Deleted());

        vendor.answers(404, "<html>no route</html>");
        assertThat(provider.deleteFile("file-1")).isEqualTo(new DeleteOutcome.NoAnswer("HTTP 404"));

        vendor.answers(200, "{\"deleted\":false}");
        assertThat(provider.deleteFile("file-1")).isEqualTo(new DeleteOutcome.NoAnswer("HTTP 200, unreadable"));

        vendor.answers(502, "");
        assertThat(provider.deleteFile("file-1")).isEqualTo(new DeleteOutcome.NoAnswer("HTTP 502"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "../files", "a/b", "a?b", "a#b", "a%2fb", "a b", "a\n", "ü", "a:80"})
    void anIdThatIsNoneNeverGetsIntoAUrl(String id) throws InterruptedException {
        assertThat(provider.poll(id)).isEqualTo(new Refused(Refusals.unusableId()));
        assertThat(provider.cancel(id)).isEqualTo(new CancelOutcome.Refused(Refusals.unusableId()));
        assertThat(provider.deleteFile(id)).isEqualTo(new DeleteOutcome.Refused(Refusals.unusableId()));
        assertThat(provider.results(id, FilePosition.START, (_, _) -> {}))
                .isEqualTo(new ResultsOutcome.Refused(Refusals.unusableId()));
        assertThat(vendor.requests()).isEmpty();
    }

    @Test
    void aRedirectIsNotFollowedAndTheKeyStaysHere() {
        try (var elsewhere = new RawVendor()) {
            vendor.answers(302, "", "Location: " + elsewhere.account().baseUrl() + "/batches/batch_1");

            assertThat(provider.poll("batch_1")).isEqualTo(new NoAnswer("HTTP 302"));
            assertThat(elsewhere.requests()).isEmpty();
        }
    }

    @Test
    void anEndlessAnswerIsNotTakenIntoMemory() {
        vendor.does((_, connection) -> {
            connection.send("HTTP/1.1 200 OK\r\n\r\n");
            while (true) {
                connection.send(new byte[1 << 16]);
            }
        });

        assertThat(provider.poll("batch_1")).isEqualTo(new NoAnswer("HTTP 200, unreadable"));
    }

    @Test
    void aJvmThatSendsPostsAgainIsRefused() {
        System.setProperty("jdk.httpclient.enableAllMethodRetry", "true");
        try {
            assertThatThrownBy(() -> OpenAiProvider.of(vendor.account(), Timeouts.DEFAULT))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("jdk.httpclient.enableAllMethodRetry=true must not be set");
        } finally {
            System.clearProperty("jdk.httpclient.enableAllMethodRetry");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sk-canary\n", "sk canary", "sk-canär"})
    void aKeyThatCannotBeSentIsNotQuoted(String key) {
        var account = new AccountConfig(
                "main",
                "openai",
                URI.create("http://localhost/v1"),
                new Secret(key),
                "main",
                List.of("*"),
                "24h",
                1,
                DoubtConfig.DEFAULT,
                SyncConfig.DEFAULT);

        assertThatThrownBy(() -> OpenAiProvider.of(account, Timeouts.DEFAULT))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("accounts.key")
                .hasMessageNotContaining("can");
    }

    @Test
    void aBaseUrlMayEndInASlash() {
        vendor.answers(200, "{\"id\":\"batch_1\"}");
        try (var slashed = OpenAiProvider.of(
                RawVendor.account(vendor.account().baseUrl() + "/"), RawVendor.timeouts(Duration.ofSeconds(20)))) {
            assertThat(slashed.poll("batch_1")).isInstanceOf(Seen.class);
        }
        assertThat(vendor.requests().getFirst().line()).isEqualTo("GET /v1/batches/batch_1");
    }

    private static BatchError error(Kind kind, String code, String message, @Nullable Integer line) {
        return new BatchError(kind, code, message, line);
    }
}
