package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SpoolDirectoryTest {
    @TempDir
    Path stateDir;

    @Test
    void filesOfAnEarlierProcessAreDeleted() throws IOException {
        Files.writeString(Files.createDirectories(stateDir.resolve("spool")).resolve("batch-1"), "a line");

        assertThat(SpoolDirectory.emptied(stateDir)).isEmptyDirectory();
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "no POSIX permissions")
    void nobodyElseOfTheMachineReadsPromptsIn() throws IOException {
        Files.createDirectories(
                stateDir.resolve("spool"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));

        assertThat(Files.getPosixFilePermissions(SpoolDirectory.emptied(stateDir)))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }
}
