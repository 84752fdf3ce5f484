package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.ResultsOutcome.BrokenOff;
import dev.halfrate.processor.provider.ResultsOutcome.Complete;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DownloadTest {
    private static final FilePosition MIDDLE = new FilePosition(100, 2, "");

    private final Download download = new Download();
    private final List<String> reads = new ArrayList<>();

    private void read(String file, ResultsOutcome outcome) throws InterruptedException {
        download.read(file, true, from -> {
            reads.add(file + " " + from.bytes());
            return outcome;
        });
    }

    @Test
    void onlyWhatIsLeftIsRead() throws InterruptedException {
        read("out", new BrokenOff("reset", MIDDLE));
        read("err", new Complete(1));
        assertThat(download.end()).isEqualTo(new BrokenOff("reset", MIDDLE));

        read("out", new Complete(1));
        read("err", new Complete(1));
        assertThat(download.end()).isInstanceOf(Complete.class);

        assertThat(reads).containsExactly("out 0", "err 0", "out 100");
    }

    @Test
    void aFileWithoutALineOfTheBatchIsNotItsFile() throws InterruptedException {
        download.read("out", true, _ -> strange(1));
        assertThat(download.end()).isEqualTo(new BrokenOff("none of its lines is of this batch"));

        download.read("out", true, _ -> {
            download.answered("out", 0);
            return strange(2);
        });
        assertThat(download.end()).isEqualTo(new Complete(1));
    }

    @Test
    void aFileThatMayBeAnothersIsLeftToBeJudged() throws InterruptedException {
        download.read("out", false, _ -> strange(1));

        assertThat(download.end()).isEqualTo(new Complete(0));
    }

    private ResultsOutcome strange(long line) {
        download.strange("out", line);
        return new Complete(1);
    }

    @Test
    void theFirstOutcomeThatIsNotCompleteCounts() throws InterruptedException {
        read("out", new Complete(1));
        read("err", new BrokenOff("reset", MIDDLE));

        assertThat(download.end()).isEqualTo(new BrokenOff("reset", MIDDLE));
    }
}
