package dev.halfrate.processor.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.call.ResultsFile.Known;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ResultCodec;
import dev.halfrate.processor.money.Usage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsFileTest {
    @TempDir
    private Path dir = Path.of("");

    private Path file = Path.of("");

    @BeforeEach
    void file() {
        file = dir.resolve("results.jsonl");
    }

    @Test
    void eachResultIsALineWhateverTheVendorsLayout() throws IOException {
        try (var results = ResultsFile.open(file)) {
            results.write(result("a", "{\"text\":\r\n \"zwei\\nZeilen ü\"}", null));
            results.write(result("b", "{}", null));
        }

        var lines = Files.readAllLines(file);
        assertThat(lines).hasSize(2);
        var body = ResultCodec.decode(lines.getFirst().getBytes(UTF_8), null).body();
        assertThat(body).isNotNull();
        assertThat(new String(body, UTF_8)).isEqualTo("{\"text\":   \"zwei\\nZeilen ü\"}");
    }

    @Test
    void whatIsThereIsKnownAndGoneOnWith() throws IOException {
        try (var results = ResultsFile.open(file)) {
            results.write(result("a", "{}", null));
            results.write(result("b", "{}", "bad"));
            results.write(result("c", "{}", "no_answer"));
        }

        try (var results = ResultsFile.open(file)) {
            assertThat(results.used()).isTrue();
            assertThat(results.known())
                    .containsOnlyKeys("a", "b", "c")
                    .containsEntry("a", Known.SUCCEEDED)
                    .containsEntry("b", Known.FAILED)
                    .containsEntry("c", Known.UNKNOWN);
            assertThat(results.usage()).isEqualTo(new Usage(3, 0, 0, 6));
            results.write(result("d", "{}", null));
        }

        assertThat(Files.readAllLines(file)).hasSize(4);
    }

    @Test
    void aLineThatBrokeOffIsDropped() throws IOException {
        try (var results = ResultsFile.open(file)) {
            results.write(result("a", "{}", null));
        }
        Files.writeString(file, "{\"custom_id\":\"b\",\"sta", StandardOpenOption.APPEND);

        try (var results = ResultsFile.open(file)) {
            assertThat(results.known()).containsOnlyKeys("a");
            results.write(result("c", "{}", null));
        }

        try (var results = ResultsFile.open(file)) {
            assertThat(results.known()).containsOnlyKeys("a", "c");
        }
    }

    @Test
    void anotherFileIsLeftAlone() throws IOException {
        Files.writeString(file, "{\"some\":\"canary\"}\n");

        assertThatThrownBy(() -> ResultsFile.open(file))
                .isInstanceOf(CallException.class)
                .hasMessage("%s holds something else than results at line 1: choose another --output", file);
        assertThat(Files.readString(file)).isEqualTo("{\"some\":\"canary\"}\n");
    }

    @Test
    void nothingIsMadeBeforeThereIsAResult() {
        ResultsFile.open(file).close();

        assertThat(file).doesNotExist();
    }

    @Test
    void aStreamGetsTheSame() {
        var stream = new ByteArrayOutputStream();
        try (var results = ResultsFile.to(stream)) {
            results.write(result("a", "{\n}", null));
        }

        assertThat(stream.toString(UTF_8))
                .hasLineCount(1)
                .contains("\"response\":{ }")
                .endsWith("}\n");
    }

    private static Result result(String id, String body, @Nullable String code) {
        return new Result(
                new Result.Request(id, Instant.EPOCH, null),
                code == null ? Result.Status.SUCCEEDED : Result.Status.FAILED,
                "openai",
                "main",
                "m",
                200,
                body.getBytes(UTF_8),
                null,
                code == null ? null : new Result.Failure(code, "why", true),
                new Usage(1, 0, 0, 2),
                "",
                "",
                1,
                null,
                null,
                Instant.EPOCH,
                null,
                null);
    }
}
