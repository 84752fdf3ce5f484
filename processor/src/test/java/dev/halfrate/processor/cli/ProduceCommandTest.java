package dev.halfrate.processor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a file before anything is sent: without a Kafka. */
class ProduceCommandTest {
    private static final String GOOD =
            "{\"custom_id\":\"a\",\"params\":{\"model\":\"claude-x\",\"max_tokens\":5,\"x\":\"canary-prompt\"}}";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory = Path.of("");

    @BeforeEach
    void configure() throws IOException {
        Files.writeString(directory.resolve("key"), "sk");
        Files.writeString(directory.resolve("halfrate.yaml"), """
                kafka: {bootstrap.servers: "127.0.0.1:1"}
                requests: {line-bytes-max: 2000}
                topics: {requests: [llm.requests, llm.more]}
                accounts:
                  - {name: claude, provider: anthropic, models: [claude-*], key: {file: '%1$s/key'}}
                """.formatted(directory));
    }

    @Test
    void aGoodFileWouldBeSent() throws IOException {
        assertThat(produce(GOOD + "\n\n  \n" + GOOD.replace("\"a\"", "\"b\""), "--topic", "llm.more"))
                .isEqualTo(CommandLines.DONE);
        assertThat(out.toString()).contains("would send  2 requests to llm.more");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"custom_id":"b"                                                                   | the value is not valid JSON near byte 16
            {"custom_id":"b","params":{"model":"claude-x"}}                                    | params.max_tokens is required by /v1/messages: an integer of 1..10000000
            {"custom_id":"b","params":{"model":"gpt","max_tokens":5}}                          | no account takes model 'gpt': claude takes claude-*
            {"custom_id":"b","method":"POST","url":"/v1/embeddings","body":{"model":"claude-x"}} | url must be
            {"custom_id":"a","params":{"model":"claude-x","max_tokens":6}}                     | a line before it asks for something else under its custom_id
            """)
    void aBadLineIsNamedAndNothingIsSent(String line, String problem) throws IOException {
        assertThat(produce(GOOD + "\n" + line + "\n")).isEqualTo(CommandLines.FAILED);

        assertThat(err.toString())
                .contains("has a line that is no request, so nothing was sent:", "  line 2: " + problem)
                .doesNotContain("canary-prompt");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void linesThatAreTooLongAreBadAndPassedOver() throws IOException {
        var longer = GOOD.replace("canary-prompt", "canary-prompt".repeat(10_000));

        assertThat(produce(longer + "\n" + GOOD, "--skip-invalid")).isEqualTo(CommandLines.DONE);

        assertThat(out.toString()).contains("would send  1 requests", "left out    1 lines");
        assertThat(err.toString())
                .contains("left out: line 1: it has more than the")
                .doesNotContain("canary-prompt");
    }

    @Test
    void aPartOfItIsCountedByItsOwnLines() throws IOException {
        assertThat(produce(
                        "bad\n" + GOOD + "\n" + GOOD + "\n" + GOOD,
                        "--from-line",
                        "2",
                        "--max-requests",
                        "2",
                        "--json"))
                .isEqualTo(CommandLines.DONE);
        var summary = new ObjectMapper().readTree(out.toString());
        assertThat(summary.path("sent").asInt()).isEqualTo(2);
        assertThat(summary.path("dry_run").asBoolean()).isTrue();
    }

    @Test
    void anEmptyFileIsOneClearLine() throws IOException {
        assertThat(produce("\n")).isEqualTo(CommandLines.FAILED);
        assertThat(err.toString()).contains("is empty: each line must hold a request");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --topic other       | --topic must be one of topics.requests: llm.requests, llm.more
            --from-line 0       | --from-line must be 1 or more, got 0
            --deadline soon     | header halfrate-deadline must be an instant
            --out x             | --out and --timeout go with --wait
            --timeout forever   | must be a duration
            --header halfrate-command=cancel | halfrate cancel sends that
            """)
    void whatCannotBeMeantIsWrongUsage(String options, String message) throws IOException {
        assertThat(produce(GOOD, options.split(" "))).isEqualTo(CommandLines.MISUSED);
        assertThat(err.toString()).contains(message);
    }

    @Test
    void withoutABrokerNothingIsSent() throws IOException {
        assertThat(execute("produce", GOOD)).isEqualTo(CommandLines.FAILED);
        assertThat(err.toString())
                .contains("no Kafka broker answers at '127.0.0.1:1'")
                .doesNotContain("--from-line");
    }

    private int produce(String lines, String... options) throws IOException {
        var all = new ArrayList<>(List.of(options));
        all.add("--dry-run");
        return execute("produce", lines, all.toArray(String[]::new));
    }

    private int execute(String command, String lines, String... options) throws IOException {
        var file = Files.writeString(directory.resolve("requests.jsonl"), lines);
        var all = new ArrayList<>(
                List.of(command, "--config", directory.resolve("halfrate.yaml").toString(), file.toString()));
        all.addAll(List.of(options));
        return CommandLines.create()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
    }
}
