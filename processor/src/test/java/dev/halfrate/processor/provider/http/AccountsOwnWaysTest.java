package dev.halfrate.processor.provider.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.provider.Capabilities;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.anthropic.AnthropicProvider;
import dev.halfrate.processor.provider.openai.OpenAiProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an account's configuration makes of its calls, on the wire. */
class AccountsOwnWaysTest {
    private static final Timeouts TIMEOUTS = RawVendor.timeouts(Duration.ofSeconds(20));

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    private AccountConfig account(String more) {
        return ConfigFile.parse("""
                        kafka: {bootstrap.servers: none}
                        accounts:
                          - name: main
                            base-url: %s
                            %s
                        """.formatted(vendor.account().baseUrl(), more), Map.of("KEY", "sk-1", "ORG", "org-1"))
                .accounts()
                .getFirst();
    }

    @Test
    void keyHeaderHeadersAndParametersAreOnEveryCall() {
        vendor.answers(200, "{\"id\":\"batch_1\"}");
        var account = account("""
                key: {env: KEY}
                    http:
                      key-header: api-key
                      headers: {OpenAI-Organization: {env: ORG}, X-Team: search}
                      query: {api-version: 2024-10-21}
                """.strip());

        try (var provider = OpenAiProvider.of(account, TIMEOUTS)) {
            provider.poll("batch_1");
            provider.sweep(Instant.EPOCH);
        }

        assertThat(vendor.requests())
                .extracting(RawVendor.Request::line)
                .containsExactly(
                        "GET /v1/batches/batch_1?api-version=2024-10-21",
                        "GET /v1/batches?limit=100&api-version=2024-10-21");
        assertThat(vendor.requests()).allSatisfy(request -> {
            assertThat(request.header("api-key")).isEqualTo("sk-1");
            assertThat(request.header("Authorization")).isEmpty();
            assertThat(request.header("OpenAI-Organization")).isEqualTo("org-1");
            assertThat(request.header("X-Team")).isEqualTo("search");
        });
        assertThat(account.toString()).doesNotContain("sk-1", "org-1");
    }

    @Test
    void aKeyThatIsChangedInItsFileIsSentFromThenOn(@TempDir Path dir) throws IOException {
        vendor.answers(200, "{\"id\":\"batch_1\"}");
        var file = Files.writeString(dir.resolve("key"), "sk-old\n");
        try (var provider = OpenAiProvider.of(account("key: {file: %s}".formatted(file)), TIMEOUTS)) {
            provider.poll("batch_1");
            rewrite(file, "sk-new\n", 1);
            provider.poll("batch_1");
            // Somebody is in the middle of writing the next one
            rewrite(file, "", 2);
            provider.poll("batch_1");
            rewrite(file, "not a\nkey", 3);
            provider.poll("batch_1");
            Files.delete(file);
            provider.poll("batch_1");
        }

        assertThat(vendor.requests())
                .extracting(request -> request.header("Authorization"))
                .containsExactly("Bearer sk-old", "Bearer sk-new", "Bearer sk-new", "Bearer sk-new", "Bearer sk-new");
    }

    /** Faster than a file system's clock may tick. */
    private static void rewrite(Path file, String key, int seconds) throws IOException {
        Files.writeString(file, key);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(seconds)));
    }

    @Test
    void filesAreGivenTheirTime(@TempDir Path dir) throws Exception {
        var bodies = new LinkedBlockingQueue<String>();
        vendor.does((request, connection) -> {
            bodies.add(new String(connection.body(request), UTF_8));
            connection.answer(200, "{\"id\":\"x-1\"}");
        });
        var lines = Files.writeString(dir.resolve("spool"), "{}\n");

        try (var provider = OpenAiProvider.of(account("key: {env: KEY}\n    files: {expire-after: 14d}"), TIMEOUTS)) {
            provider.upload(new Provider.Upload(lines, "a.jsonl"));
            provider.create(create());
        }

        assertThat(bodies.take())
                .contains(
                        "name=\"expires_after[anchor]\"\r\n\r\ncreated_at\r\n",
                        "name=\"expires_after[seconds]\"\r\n\r\n1209600\r\n");
        assertThat(bodies.take()).contains("\"output_expires_after\":{\"anchor\":\"created_at\",\"seconds\":1209600}");
    }

    private static Provider.Create create() {
        return create("file-1", null);
    }

    private static Provider.Create create(String inputFileId, @Nullable Path lines) {
        return new Provider.Create(
                "tag",
                "batch",
                "/v1/chat/completions",
                "gpt-4o",
                "",
                List.of(),
                "24h",
                inputFileId,
                lines,
                () -> false);
    }

    @Test
    void aGatewayGetsTheRequestsInTheCreate(@TempDir Path dir) throws Exception {
        var bodies = new LinkedBlockingQueue<String>();
        vendor.does((request, connection) -> {
            bodies.add(new String(connection.body(request), UTF_8));
            connection.answer(200, """
                    {"id":"batch_1","status":"pending","error":null}""");
        });
        var lines = Files.writeString(dir.resolve("spool"), "{\"custom_id\":\"1\"}\n{\"custom_id\":\"ü\"}\n");

        try (var provider = OpenAiProvider.of(
                account("key: {env: KEY}\n    create: {inline-field: requests, idempotency-header: Idempotency-Key}"),
                TIMEOUTS)) {
            assertThat(provider.capabilities().ingest()).isEqualTo(Capabilities.Ingest.INLINE);
            assertThat(provider.create(create("", lines)))
                    .isInstanceOfSatisfying(
                            CreateOutcome.Created.class,
                            created -> assertThat(created.remote().status()).isEqualTo(RemoteBatch.Status.VALIDATING));
        }

        assertThat(bodies.take()).isEqualTo("""
                        {"model":"gpt-4o","endpoint":"/v1/chat/completions","completion_window":"24h",\
                        "metadata":{"halfrate_attempt":"tag","halfrate_batch":"batch"},\
                        "requests":[{"custom_id":"1"},{"custom_id":"ü"}]}""");
        assertThat(vendor.requests().getFirst().header("Idempotency-Key")).isEqualTo("tag");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"id\":\"batch_1\",\"created_at\":1,\"metadata\":{\"halfrate_attempt\":\"tag\"}} | Found",
                "{\"id\":\"batch_1\",\"created_at\":1,\"metadata\":{\"halfrate_attempt\":\"other\"}} | Absent",
                "{\"id\":\"batch_1\",\"created_at\":1,\"metadata\":null} | CannotTell",
                "{\"id\":\"batch_1\",\"created_at\":1} | CannotTell"
            })
    void whereAListHasNoMetadataNothingIsProvenAbsentThatHasNoInputFile(String batch, String outcome) {
        vendor.answers(200, "{\"data\":[%s],\"has_more\":false}".formatted(batch));
        try (var provider = OpenAiProvider.of(account("key: {env: KEY}"), TIMEOUTS)) {
            assertThat(provider.find(new Provider.Search("tag", "", "", Instant.now()))
                            .getClass()
                            .getSimpleName())
                    .isEqualTo(outcome);
            if (outcome.equals("CannotTell")) {
                assertThat(provider.find(new Provider.Search("tag", "file-1", "", Instant.now())))
                        .isEqualTo(new FindOutcome.Absent());
            }
        }
    }

    @Test
    void anEmptyAnswerToADeletionIsEnough() {
        vendor.answers(204, "");
        try (var provider = OpenAiProvider.of(account("key: {env: KEY}"), TIMEOUTS)) {
            assertThat(provider.deleteFile("file-1")).isEqualTo(new DeleteOutcome.Deleted());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http: {headers: {Host: a}}",
                "http: {headers: {accept-encoding: gzip}}",
                "create: {idempotency-header: Authorization}",
                "http: {query: {api-key: se+cret}}"
            })
    void whatCannotBeSentIsRefusedAtTheStartAndNotQuoted(String more) {
        assertThatThrownBy(() -> account("key: {env: KEY}\n    " + more))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("accounts.")
                .hasMessageNotContaining("cret");
    }

    @Test
    void aGatewaysSingleErrorIsItsBatchsError() {
        vendor.answers(200, """
                {"id":"batch_1","status":"failed","error":{"message":"Enqueued token limit reached","code":"token_limit_exceeded"}}""");
        try (var provider = OpenAiProvider.of(account("key: {env: KEY}"), TIMEOUTS)) {
            assertThat(provider.poll("batch_1"))
                    .isInstanceOfSatisfying(
                            PollOutcome.Seen.class,
                            seen -> assertThat(seen.remote().errors())
                                    .singleElement()
                                    .satisfies(error -> assertThat(error.kind()).isEqualTo(Refusal.Kind.QUEUE_FULL)));
        }
    }

    @Test
    void limitsOfTheAccountReplaceThoseOfItsKind() {
        try (var provider = OpenAiProvider.of(
                account("key: {env: KEY}\n    limits: {requests-max: 100000, line-bytes-max: 1MB}"), TIMEOUTS)) {
            assertThat(provider.capabilities().requestsMax()).isEqualTo(100_000);
            assertThat(provider.capabilities().lineBytesMax()).isEqualTo(1_000_000);
            assertThat(provider.capabilities().bytesMax()).isEqualTo(209_715_200);
        }
    }

    @Test
    void anthropicsVersionIsTheAccounts() {
        vendor.answers(200, "{\"data\":[]}");
        try (var provider = AnthropicProvider.of(
                account("key: {env: KEY}\n    provider: anthropic\n    api-version: 2026-10-21"), TIMEOUTS)) {
            provider.marker();
        }
        assertThat(vendor.requests().getFirst().header("anthropic-version")).isEqualTo("2026-10-21");
    }
}
