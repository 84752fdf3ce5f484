package dev.halfrate.processor.lines;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
    private static final Path FULL_DISK = Path.of("/dev/full");

    @TempDir
    Path directory;

    @Test
    void fileAppearsWhenItIsWhole() throws Exception {
        var file = Files.writeString(directory.resolve("answers.jsonl"), "older");
        try (var answers = new WholeFile(file)) {
            answers.add("{}".getBytes(UTF_8));
            assertThat(file).hasContent("older");

            answers.finish();
        }

        assertThat(Files.readString(file)).isEqualTo("{}\n");
        assertThat(directory).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void unfinishedFileLeavesNothingBehind() {
        try (var answers = new WholeFile(directory.resolve("answers.jsonl"))) {
            answers.add("{}".getBytes(UTF_8));
        }

        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void missingDirectoryIsOneClearLine() {
        var file = directory.resolve("nowhere").resolve("answers.jsonl");

        assertThatThrownBy(() -> new WholeFile(file).close())
                .isInstanceOf(LinesException.class)
                .hasMessage("--out cannot be written: there is no directory " + file.getParent());
    }

    @Test
    @EnabledIf("hasFullDisk")
    void fullDiskIsOneClearLine() throws Exception {
        // Given a file whose bytes end up on a device without any room
        var file = directory.resolve("answers.jsonl");
        try (var answers = new WholeFile(file, unfinished -> Files.newOutputStream(FULL_DISK))) {
            answers.add(new byte[100]);

            // When, Then
            assertThatThrownBy(answers::finish)
                    .isInstanceOf(LinesException.class)
                    .hasMessageStartingWith("--out " + file + " cannot be written: No space left on device");
        }
        assertThat(directory).isEmptyDirectory();
    }

    static boolean hasFullDisk() {
        return Files.isWritable(FULL_DISK);
    }
}
