package dev.halfrate.trial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.trial.process.HeapLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeapLogTest {
    @TempDir
    private Path directory = Path.of("");

    @Test
    void thePeakIsThatOfAnyCollectionAndWhatIsKeptThatOfAFullOne() throws IOException {
        var log = Files.writeString(directory.resolve("heap.log"), """
                [0.005s][info][gc] Using Serial
                [1.035s][info][gc] GC(0) Pause Young (Allocation Failure) 34M->30M(123M) 9.1ms
                [2.035s][info][gc] GC(1) Pause Full (Allocation Failure) 101M->73M(123M) 90.1ms
                [2.135s][info][gc] GC(2) Pause Full (Allocation Failure) 90M->51M(123M) 90.1ms
                [3.035s][info][gc] GC(3) Pause Young (Allocation Failure) 119M->118M(123M) 9.1ms
                """);

        assertThat(HeapLog.read(log)).isEqualTo(new HeapLog(119, 73));
    }
}
