package dev.halfrate.processor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
    @Test
    void whatIsKnownIsShownWithRateAndTheTimeThatIsLeft() {
        assertThat(ProgressBar.line(new ProgressBar.State(Duration.ofSeconds(30), 60_000, 300, 1_200, "2 failed")))
                .isEqualTo("00:30 [#####               ]  25 %  60,000, 2,000/s, 01:30 to go, 2 failed");
    }

    @Test
    void ofWhatHasNoEndTheCountIsShown() {
        assertThat(ProgressBar.line(new ProgressBar.State(Duration.ofSeconds(2), 10, 700, 0, "")))
                .isEqualTo("00:02  10, 5/s");
    }

    @Test
    void atItsBeginningNothingIsForeseen() {
        assertThat(ProgressBar.line(new ProgressBar.State(Duration.ofMillis(20), 1, 1, 5, "")))
                .isEqualTo("00:00 [####                ]  20 %  1 of 5");
    }

    @Test
    void moreThanAllIsAll() {
        assertThat(ProgressBar.line(new ProgressBar.State(Duration.ofMillis(20), 6, 6, 5, "")))
                .isEqualTo("00:00 [####################] 100 %  6 of 5");
    }

    @Test
    void shortWorkShowsNothingBesideATerminal() {
        var out = new StringWriter();
        var bar = new ProgressBar(Terminal.plain(new PrintWriter(out)));
        var state = new ProgressBar.State(Duration.ofMillis(20), 1, 1, 5, "");

        bar.show(state);
        bar.finish(state);

        assertThat(out.toString()).isEmpty();
    }
}
