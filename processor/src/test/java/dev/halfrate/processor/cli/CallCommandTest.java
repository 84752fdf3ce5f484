package dev.halfrate.processor.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.provider.http.RawVendor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command as people type it, against a vendor over HTTP. */
class CallCommandTest {
    private static final String ANSWER = """
            {"choices":[{"message":{"content":"canary-answer"}}],
             "usage":{"prompt_tokens":20,"completion_tokens":3}}""";
    private static final String BUSY = "{\"error\":{\"message\":\"canary-words\",\"code\":\"rate_limit_exceeded\"}}";

    @AutoClose
    private final RawVendor vendor = new RawVendor();

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path dir = Path.of("");

    @BeforeEach
    void files() throws IOException {
        Files.writeString(dir.resolve("key"), RawVendor.KEY);
        Files.writeString(
                dir.resolve("halfrate.yaml"), """
                accounts:
                  - {name: main, base-url: '%1$s', key: {file: '%2$s/key'}}
                """.formatted(vendor.account().baseUrl(), dir));
        Files.writeString(dir.resolve("requests.jsonl"), """
                {"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","x":"canary-prompt"}}
                {"custom_id":"b","method":"POST","url":"/v1/responses","body":{"model":"m","x":"canary-prompt"}}
                {"custom_id":"c","method":"POST","url":"/v1/embeddings","body":{"model":"m","x":"canary-prompt"}}
                """);
    }

    @Test
    void resultsAreNextToTheRequestsAndAddedUp() throws IOException {
        vendor.answers(200, ANSWER);

        assertThat(call()).isEqualTo(CommandLines.DONE);

        assertThat(results("requests.results.jsonl"))
                .containsOnlyKeys("a", "b", "c")
                .allSatisfy((_, result) -> {
                    assertThat(result.status()).isEqualTo(Result.Status.SUCCEEDED);
                    assertThat(result.provider()).isEqualTo("openai");
                    assertThat(result.account()).isEqualTo("main");
                });
        assertThat(out.toString())
                .contains("requests    3")
                .contains("succeeded   3")
                .contains("failed      0")
                .contains("exposure    none")
                .contains("tokens      60 in, 9 out")
                .contains("requests.results.jsonl");
        assertThat(vendor.count("POST /v1/responses")).isEqualTo(1);
        nothingIsQuoted();
    }

    @Test
    void theSameCommandSendsNothingTwice() {
        vendor.answers(200, ANSWER);
        call("--max-requests", "2");
        assertThat(out.toString()).contains("to go       1");

        assertThat(call()).isEqualTo(CommandLines.DONE);

        assertThat(out.toString()).contains("requests    3, 2 answered by earlier runs");
        assertThat(vendor.requests()).hasSize(3);
    }

    @Test
    void aBusyVendorIsWaitedFor() throws IOException {
        var calls = new AtomicInteger();
        vendor.does((request, connection) -> {
            connection.body(request);
            if (calls.incrementAndGet() <= 2) {
                connection.answer(429, BUSY, "Retry-After: 0");
            } else {
                connection.answer(200, ANSWER);
            }
        });

        assertThat(call("--json")).isEqualTo(CommandLines.DONE);

        var summary = new ObjectMapper().readTree(out.toString());
        assertThat(summary.path("succeeded").asInt()).isEqualTo(3);
        assertThat(summary.path("sent_again").asInt()).isEqualTo(2);
        assertThat(summary.path("exposure_calls").asInt()).isZero();
        assertThat(summary.path("input_tokens").asInt()).isEqualTo(60);
        assertThat(summary.path("account").asText()).isEqualTo("main");
        nothingIsQuoted();
    }

    @Test
    void aFailedRequestIsExitCodeOneAndHasTheVendorsWordsInItsResultOnly() throws IOException {
        vendor.does((request, connection) -> {
            connection.body(request);
            if (request.line().endsWith("/embeddings")) {
                connection.answer(400, "{\"error\":{\"message\":\"canary-words\",\"code\":\"invalid_value\"}}");
            } else {
                connection.answer(200, ANSWER);
            }
        });

        assertThat(call()).isEqualTo(CommandLines.FAILED);

        assertThat(results("requests.results.jsonl").get("c"))
                .isNotNull()
                .satisfies(result -> assertThat(result.failure())
                        .isEqualTo(new Result.Failure("invalid_value", "canary-words", true)));
        assertThat(out.toString()).contains("succeeded   2").contains("failed      1");
        nothingIsQuoted();
    }

    @Test
    void aRefusedKeyStopsEverythingWithALine() throws IOException {
        vendor.answers(401, "{\"error\":{\"message\":\"canary-words sk-canary\",\"code\":\"invalid_api_key\"}}");

        assertThat(call()).isEqualTo(CommandLines.FAILED);

        assertThat(err.toString())
                .endsWith("halfrate: stopped with 3 requests to go: the vendor refuses the account's key"
                        + " (HTTP 401 invalid_api_key); the same command goes on%n".formatted());
        nothingIsQuoted();
        vendor.answers(200, ANSWER);
        assertThat(call()).isEqualTo(CommandLines.DONE);
        assertThat(results("requests.results.jsonl")).hasSize(3);
    }

    @Test
    void aVendorThatBreaksOffIsAskedOnceMoreAndCounted() throws IOException {
        var calls = new AtomicInteger();
        vendor.does((request, connection) -> {
            connection.body(request);
            if (calls.incrementAndGet() == 1) {
                connection.reset();
            } else {
                connection.answer(200, ANSWER);
            }
        });

        assertThat(call("--concurrency", "1")).isEqualTo(CommandLines.DONE);

        assertThat(results("requests.results.jsonl")).hasSize(3);
        assertThat(out.toString())
                .contains("sent again  1")
                .contains("exposure    1 call without an answer: may have been paid for, in vain or twice");
    }

    @Test
    void badLinesAreNamedAndNothingIsSent() throws IOException {
        Files.writeString(dir.resolve("requests.jsonl"), """
                {"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","x":"canary-prompt"}}
                {"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"x":"canary-prompt"}}
                """);

        assertThat(call()).isEqualTo(CommandLines.FAILED);

        assertThat(err.toString())
                .startsWith("halfrate: ")
                .contains("requests.jsonl has a line that cannot be sent, so nothing was:")
                .contains("  line 2: body.model must be a text");
        assertThat(vendor.requests()).isEmpty();
        assertThat(dir).isDirectoryNotContaining("glob:**results*");
        nothingIsQuoted();
    }

    @Test
    void onlyOneOfTwoAtATime() {
        var second = new AtomicInteger();
        vendor.does((request, connection) -> {
            connection.body(request);
            if (request.line().endsWith("/embeddings")) {
                second.set(call());
            }
            connection.answer(200, ANSWER);
        });

        assertThat(call("--concurrency", "1")).isEqualTo(CommandLines.DONE);

        assertThat(second).hasValue(CommandLines.FAILED);
        assertThat(err.toString()).contains("another halfrate call writes to");
        assertThat(vendor.requests()).hasSize(3);
    }

    @Test
    void anAccountIsChosenByItsName() throws IOException {
        Files.writeString(
                dir.resolve("halfrate.yaml"), """
                accounts:
                  - {name: claude, provider: anthropic, base-url: '%1$s', key: {file: '%2$s/key'}}
                  - {name: main, base-url: '%1$s', key: {file: '%2$s/key'}}
                """.formatted(vendor.account().baseUrl(), dir));
        Files.writeString(dir.resolve("requests.jsonl"), """
                {"custom_id":"a","params":{"model":"claude-haiku-4-5","max_tokens":9,"x":"canary-prompt"}}
                """);
        vendor.answers(200, "{\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}");

        assertThat(call()).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).startsWith("halfrate: --account is needed, one of: claude, main");
        assertThat(call("--account", "claud")).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).contains("--account must be one of: claude, main; got 'claud'");
        assertThat(call("--account", "main")).isEqualTo(CommandLines.FAILED);
        assertThat(err.toString()).contains("line 1: url must be a path without a host");
        assertThat(vendor.requests()).isEmpty();

        assertThat(call("--account", "claude")).isEqualTo(CommandLines.DONE);

        assertThat(vendor.count("POST /v1/messages")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --concurrency=0 | --concurrency must be 1..1000, got 0
            --max-requests=0 | --max-requests must be 1 or more, got 0
            --in-doubt=maybe | Invalid value for option '--in-doubt': expected one of
            """)
    void wrongUsageIsALine(String option, String message) {
        assertThat(call(option)).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).startsWith("halfrate: " + message);
        assertThat(vendor.requests()).isEmpty();
    }

    @Test
    void helpTeaches() {
        assertThat(execute("call", "--help")).isEqualTo(CommandLines.DONE);
        assertThat(out.toString())
                .contains("Usage: halfrate call", "--in-doubt", "call-again", "journal", "Examples:", "Exit codes:");
    }

    private void nothingIsQuoted() throws IOException {
        assertThat(out.toString() + err).doesNotContain("canary");
        var journal = dir.resolve("requests.results.jsonl.journal");
        if (Files.exists(journal)) {
            assertThat(Files.readString(journal)).doesNotContain("canary");
        }
    }

    private int call(String... options) {
        var arguments = new ArrayList<>(
                List.of("call", "-c", dir.resolve("halfrate.yaml").toString()));
        arguments.addAll(List.of(options));
        arguments.add(dir.resolve("requests.jsonl").toString());
        return execute(arguments.toArray(String[]::new));
    }

    private int execute(String... arguments) {
        return CommandLines.create()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    private Map<String, Result> results(String name) throws IOException {
        return Files.readAllLines(dir.resolve(name)).stream()
                .map(line -> ResultCodec.decode(line.getBytes(UTF_8), null))
                .collect(Collectors.toMap(Result::customId, Function.identity()));
    }
}
