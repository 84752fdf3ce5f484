package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.cli.CommandException;
import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.codec.RequestParser;
import dev.halfrate.processor.lines.LinesException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestLinesTest {
    @TempDir
    Path directory;

    @Test
    void linesAreTakenByteForByteAndEmptyOnesLeftOut() throws Exception {
        var file = Files.writeString(directory.resolve("lines"), "{\"a\": 1}\r\n\n  \nlast, without a line feed");

        var lines = RequestLines.ofFile(file);

        assertThat(lines.count()).isEqualTo(3);
        assertThat(read(lines)).containsExactly("{\"a\": 1}\r", "  ", "last, without a line feed");
    }

    @Test
    void missingFileIsOneClearLine() {
        var file = directory.resolve("missing");

        assertThatThrownBy(() -> RequestLines.ofFile(file))
                .isInstanceOf(LinesException.class)
                .hasMessage("%s cannot be read: there is no such file", file);
    }

    @Test
    void emptyFileIsOneClearLine() throws Exception {
        var file = Files.writeString(directory.resolve("empty"), "\n\n");

        assertThatThrownBy(() -> RequestLines.ofFile(file))
                .isInstanceOf(CommandException.class)
                .hasMessage("%s is empty: each line must hold a request", file);
    }

    @Test
    void directoryIsOneClearLine() {
        assertThatThrownBy(() -> RequestLines.ofFile(directory))
                .isInstanceOf(LinesException.class)
                .hasMessageStartingWith(directory + " cannot be read: ");
    }

    @Test
    void generatedRequestsAreAcceptableAndTheSameForEqualSeeds() {
        var lines = RequestLines.generated(50, 7);

        assertThat(read(lines)).hasSize(50).doesNotHaveDuplicates().isEqualTo(read(RequestLines.generated(50, 7)));
        assertThat(read(lines))
                .allSatisfy(line -> assertThat(new RequestParser().parse(line.getBytes(UTF_8)))
                        .isInstanceOf(Parsed.Request.class));
        assertThat(read(lines)).isNotEqualTo(read(RequestLines.generated(50, 8)));
    }

    private static List<String> read(RequestLines lines) {
        var read = new ArrayList<String>();
        try (var reader = lines.open()) {
            for (var line = reader.next(); line != null; line = reader.next()) {
                read.add(new String(line, UTF_8));
            }
        }
        return read;
    }
}
