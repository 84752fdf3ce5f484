package dev.halfrate.processor.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TokenRatioTest {
    @Test
    void beforeAnyAnswerATokenIsTakenForFourBytes() {
        assertThat(TokenRatio.UNKNOWN.tokens(4)).isEqualTo(1);
        assertThat(TokenRatio.UNKNOWN.tokens(5)).isEqualTo(2);
        assertThat(TokenRatio.UNKNOWN.isKnown()).isFalse();
    }

    @Test
    void theFirstBatchSaysAll() {
        var ratio = TokenRatio.UNKNOWN.plus(1_000, 200, 10, 50);

        assertThat(ratio.tokens(1_000)).isEqualTo(200);
        assertThat(ratio.tokens(1)).isEqualTo(1);
    }

    @Test
    void aReportWithoutTokensSaysNothing() {
        var ratio = TokenRatio.UNKNOWN.plus(1_000, 200, 10, 50);

        assertThat(ratio.plus(5_000, 0, 10, 0)).isEqualTo(ratio);
        assertThat(ratio.plus(0, 0, 0, 0)).isEqualTo(ratio);
    }

    @Test
    void afterEightBatchesOfAnotherKindTheEstimateIsWithinATenth() {
        var ratio = TokenRatio.UNKNOWN;
        for (var batch = 0; batch < 100; batch++) {
            ratio = ratio.plus(100_000, 20_000, 1_000, 5_000);
        }
        for (var batch = 0; batch < 8; batch++) {
            ratio = ratio.plus(100_000, 40_000, 1_000, 5_000);
        }

        assertThat(ratio.tokens(100_000)).isCloseTo(40_000, within(4_000L));
    }

    @Test
    void aSmallBatchOfAnotherKindTurnsLittle() {
        var ratio = TokenRatio.UNKNOWN.plus(1_000_000, 200_000, 10_000, 50_000).plus(1_000, 1_000, 10, 50);

        assertThat(ratio.tokens(100_000)).isCloseTo(20_000, within(200L));
    }
}
