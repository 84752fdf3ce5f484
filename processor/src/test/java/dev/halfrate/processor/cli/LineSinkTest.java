package dev.halfrate.processor.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.lines.LinesException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineSinkTest {
    @TempDir
    private Path directory = Path.of("");

    @Test
    void aFileAppearsWhenItIsWhole() throws IOException {
        var file = directory.resolve("out");
        try (var sink = LineSink.to(file, false)) {
            sink.add("{\"a\":1}".getBytes(UTF_8));
            assertThat(file).doesNotExist();
            sink.finish();
        }
        assertThat(Files.readString(file)).isEqualTo("{\"a\":1}\n");
    }

    @Test
    void aGrowingFileLosesWhatACrashLeftOfALine() throws IOException {
        var file = Files.writeString(directory.resolve("out"), "{\"a\":1}\n{\"b\":");
        try (var sink = LineSink.to(file, true)) {
            sink.add("{\"c\":3}".getBytes(UTF_8));
            assertThat(Files.readString(file)).isEqualTo("{\"a\":1}\n{\"c\":3}\n");
            sink.finish();
        }
    }

    @Test
    void aFileOfSomethingElseIsLeftAlone() throws IOException {
        var file = Files.writeString(directory.resolve("letter"), "Dear Sir,\nno end");

        assertThatThrownBy(() -> LineSink.to(file, true).close())
                .isInstanceOf(LinesException.class)
                .hasMessageContaining("holds something else than results at line 1");
        assertThat(Files.readString(file)).isEqualTo("Dear Sir,\nno end");
    }

    @Test
    void whereNobodyReadsAnyMoreItEnds() {
        var broken = new PrintStream(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        });
        var sink = new LineSink.Stdout(broken);
        sink.add("x".getBytes(UTF_8));

        assertThatThrownBy(sink::flush)
                .isInstanceOf(LinesException.class)
                .hasMessage("standard output cannot be written: nobody reads it any more");
    }
}
