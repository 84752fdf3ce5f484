package dev.halfrate.processor.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestFileTest {
    private static final String CHAT = "/v1/chat/completions";

    @TempDir
    private Path dir = Path.of("");

    @Test
    void linesOfBothVendorsAreReadAsTheyAre() throws IOException {
        var file = file("""
                {"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model": "m",  "x":1.10}}

                {"custom_id":"b","params":{"model":"c","max_tokens":5}}\r
                {"custom_id":"c","params":{"model":"c","max_tokens":5}}""");

        var read = new ArrayList<CallRequest>();
        file.check(request -> {
            read.add(request);
            return null;
        });

        assertThat(read).extracting(CallRequest::line).containsExactly(1L, 3L, 4L);
        assertThat(read).extracting(CallRequest::customId).containsExactly("a", "b", "c");
        assertThat(read).extracting(CallRequest::endpoint).containsExactly(CHAT, "/v1/messages", "/v1/messages");
        assertThat(read)
                .extracting(request -> new String(request.body(), UTF_8))
                .startsWith("{\"model\": \"m\",  \"x\":1.10}", "{\"model\":\"c\",\"max_tokens\":5}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"custom_id":"a" | the value is not valid JSON near byte 16
            [] | the value must be a JSON object
            {"custom_id":"a","method":"GET","url":"/v1/responses","body":{"model":"m"}} | method must be "POST"
            {"custom_id":"a","method":"POST","url":"/v1/files","body":{"model":"m"}} | url must be a path without a host that the account's vendor has: /v1/chat/completions, /v1/messages
            {"custom_id":"a","params":{"model":"m"}} | params.max_tokens is required by /v1/messages: an integer of 1..10000000
            {"custom_id":"first","params":{"model":"m","max_tokens":1}} | its custom_id stands on line 1 already: each request needs its own
            """)
    void aBadLineIsNamedWithWhatToChange(String line, String problem) throws IOException {
        var file = file("""
                {"custom_id":"first","params":{"model":"m","max_tokens":1,"x":"canary-prompt"}}
                %s
                """.formatted(line));

        assertThatThrownBy(() -> file.check(_ -> null))
                .isInstanceOf(CallException.class)
                .hasMessage("%s has a line that cannot be sent, so nothing was:%n  line 2: %s", file.file(), problem)
                .hasMessageNotContaining("canary");
    }

    @Test
    void ofManyBadLinesSomeAreNamedAndAllAreCounted() throws IOException {
        var file = file(IntStream.range(0, 12).mapToObj(_ -> "{}").collect(Collectors.joining("\n")));

        assertThatThrownBy(() -> file.check(_ -> null))
                .hasMessageContaining("has 12 lines that cannot be sent, so nothing was:")
                .hasMessageContaining("line 10:")
                .hasMessageEndingWith("  and 2 more")
                .hasMessageNotContaining("line 11");
    }

    @Test
    void anEndlessLineIsNotHeld() throws IOException {
        var file = file("{}".repeat(100_000));

        assertThatThrownBy(() -> file.check(_ -> null))
                .isInstanceOf(CallException.class)
                .hasMessage(
                        "%s has at line 1 more than the 100,000 bytes that a request may have, so nothing was sent",
                        file.file());
    }

    @Test
    void anEmptyFileIsNoFileOfRequests() throws IOException {
        var file = file("\n\n");

        assertThatThrownBy(() -> file.check(_ -> null))
                .isInstanceOf(CallException.class)
                .hasMessageEndingWith("is empty: each line must hold a request");
    }

    @Test
    void aMissingFileIsSaidToBe() {
        var file = new RequestFile(dir.resolve("none"), Set.of(CHAT), 100);

        assertThatThrownBy(() -> file.check(_ -> null))
                .isInstanceOf(CallException.class)
                .hasMessageEndingWith("cannot be read: there is no such file");
        assertThatThrownBy(() -> new RequestFile(dir, Set.of(CHAT), 100).check(_ -> null))
                .hasMessageContaining("is a directory");
    }

    @Test
    void aFileThatChangesMeanwhileIsNotGoneOnWith() throws IOException {
        var file = file("{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"max_tokens\":1}}\n");
        file.check(_ -> null);
        Files.writeString(file.file(), "{}\n");

        try (var reader = file.open()) {
            assertThatThrownBy(reader::next)
                    .isInstanceOf(CallException.class)
                    .hasMessage("%s was changed while it was read, at line 1", file.file());
        }
    }

    private RequestFile file(String lines) throws IOException {
        var file = Files.writeString(dir.resolve("requests.jsonl"), lines);
        return new RequestFile(file, Set.of(CHAT, "/v1/messages"), 100_000);
    }
}
