package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressViewTest {
    private static final Progress HALFWAY = new Progress(
            Duration.ofSeconds(65), 1_000, 1_000, 900, 3, 2, 750, 700, 500, 300, 260, 250, 3, 2, 1, 249, 1, 3);

    @Test
    void eachRowTellsHowFarRequestsCameAndWhereTheyAreNow() {
        assertThat(new ProgressView(100, false, false).block(HALFWAY))
                .containsExactly(
                        "  read             900  ####################################",
                        "  in windows       895  ###################################       145 waiting",
                        "  spooled          700  ############################",
                        "  running          500  ####################                      240 at the vendor",
                        "  collected        260  ##########",
                        "  published        250  ##########",
                        "  01:05  25 % done, 3 batches (2 running, 1 settled), 1 not succeeded, 3 dead-lettered, 2 repeated");
    }

    @Test
    void lineTellsWhereRequestsAreNow() {
        assertThat(new ProgressView(Integer.MAX_VALUE, false, false).line(HALFWAY))
                .isEqualTo("01:05  read 900 of 1,000 | in windows 145 | spooled 250 | running 240 | collected 260"
                        + " | published 250 | 25 % done, 3 batches (2 running, 1 settled), 1 not succeeded,"
                        + " 3 dead-lettered, 2 repeated");
    }

    @Test
    void noRowIsWiderThanTheTerminal() {
        for (var width : new int[] {20, 40, 60, 80, 200}) {
            assertThat(new ProgressView(width, false, true).block(HALFWAY))
                    .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(width));
        }
    }

    @Test
    void colourSurroundsTheBarOnly() {
        var row = new ProgressView(80, true, true).block(HALFWAY).getFirst();

        assertThat(row).startsWith("  read             900  \u001b[32m█").endsWith("█\u001b[0m");
    }

    @Test
    void emptyBarHasNoColour() {
        var nothing = new Progress(Duration.ZERO, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

        assertThat(new ProgressView(80, true, true).block(nothing))
                .first()
                .asString()
                .doesNotContain("\u001b")
                .endsWith("0 of 10 sent");
    }

    @Test
    void feedsThatAreNotInStepGiveNoNegativeFigure() {
        // The results topic is ahead of the batches' feed, and that is ahead of the intake's offsets.
        var uneven = new Progress(Duration.ZERO, 100, 100, 10, 0, 0, 60, 60, 50, 0, 20, 55, 1, 1, 0, 55, 0, 0);

        assertThat(uneven.windowed()).isEqualTo(60);
        assertThat(uneven.runningAtVendor()).isZero();
        assertThat(uneven.waitingInWindows()).isZero();
    }
}
