package dev.halfrate.processor.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CallPaceTest {
    private static final long SECOND = 1_000_000_000L;

    private final CallPace fresh = CallPace.fresh(50, 0);

    @Test
    void asManyAsAreAllowedBeginAtOnce() {
        assertThat(fresh.free(0, 0)).isEqualTo(50);
        assertThat(fresh.free(49, 0)).isEqualTo(1);
        assertThat(fresh.free(50, 0)).isZero();
    }

    @Test
    void aCallInVainHalvesTheLimitAndNothingBeginsForAWhile() {
        var pace = fresh.inVain(null, 0, SECOND, 1);

        assertThat(pace.free(0, SECOND)).isZero();
        assertThat(pace.waitNanos(SECOND)).isEqualTo(CallPace.PAUSE_FIRST.toNanos());
        assertThat(pace.free(0, 2 * SECOND)).isEqualTo(25);
        assertThat(pace.free(30, 2 * SECOND)).isZero();
    }

    @Test
    void theOtherCallsOfTheSameRoundSayNothingNew() {
        var pace = fresh.inVain(null, 0, SECOND, 1)
                .inVain(null, 0, SECOND + 1, 1)
                .inVain(null, SECOND, SECOND + 2, 1)
                .answered(0, SECOND + 3);

        assertThat(pace.limit()).isEqualTo(25);
        assertThat(pace.vain()).isEqualTo(1);
    }

    @Test
    void theNextRoundInVainHalvesAgainAndPausesTwiceAsLong() {
        var pace = fresh.inVain(null, 0, SECOND, 1).inVain(null, 2 * SECOND, 3 * SECOND, 1);

        assertThat(pace.limit()).isEqualTo(12.5);
        assertThat(pace.waitNanos(3 * SECOND)).isEqualTo(2 * SECOND);
    }

    @Test
    void neverLessThanOneCallAndAPauseOfAMinute() {
        var pace = fresh;
        for (var round = 1L; round <= 100; round++) {
            pace = pace.inVain(null, round * 100 * SECOND, round * 100 * SECOND + 1, 1);
        }

        assertThat(pace.limit()).isEqualTo(1);
        assertThat(pace.waitNanos(10_000 * SECOND + 1)).isEqualTo(CallPace.PAUSE_MAX.toNanos());
        assertThat(pace.free(0, 10_060 * SECOND + 1)).isEqualTo(1);
    }

    @Test
    void chanceSpreadsThePauseDownToAHalf() {
        assertThat(fresh.inVain(null, 0, 1, 0).waitNanos(1)).isEqualTo(SECOND / 2);
    }

    @Test
    void whatTheVendorWishesIsWaitedForInFull() {
        assertThat(fresh.inVain(Duration.ofSeconds(20), 0, 1, 0).waitNanos(1)).isEqualTo(20 * SECOND);
        assertThat(fresh.inVain(Duration.ofSeconds(20), 0, 1, 1).waitNanos(1)).isEqualTo(22 * SECOND);
    }

    @Test
    void aLongerWishOfTheSameRoundHoldsToo() {
        var pace = fresh.inVain(Duration.ofSeconds(5), 0, 1, 0).inVain(Duration.ofSeconds(30), 0, 2, 0);

        assertThat(pace.waitNanos(2)).isEqualTo(30 * SECOND);
        assertThat(pace.limit()).isEqualTo(25);
        assertThat(pace.inVain(Duration.ofSeconds(1), 0, 3, 0).waitNanos(3)).isEqualTo(30 * SECOND - 1);
    }

    @Test
    void aWishThatWasNotEnoughIsNotAllThatIsWaited() {
        var pace = fresh;
        for (var round = 1L; round <= 5; round++) {
            pace = pace.inVain(Duration.ZERO, round * 100 * SECOND, round * 100 * SECOND + 1, 1);
        }

        assertThat(pace.waitNanos(500 * SECOND + 1)).isEqualTo(16 * SECOND);
    }

    @Test
    void aRoundOfAnswersIsWorthOneCallMoreAndEndsTheBackOff() {
        var pace = fresh.inVain(null, 0, SECOND, 1);
        for (var answer = 0; answer < 26; answer++) {
            pace = pace.answered(2 * SECOND, 3 * SECOND);
        }

        assertThat(pace.limit()).isBetween(26.0, 26.1);
        assertThat(pace.vain()).isZero();
    }

    @Test
    void neverMoreThanAllowed() {
        var pace = fresh;
        for (var answer = 0; answer < 1_000; answer++) {
            pace = pace.answered(1, 2);
        }

        assertThat(pace.limit()).isEqualTo(50);
    }

    @Test
    void itKnowsHowLongAllWasInVain() {
        assertThat(fresh.vainFor(5 * SECOND)).isZero();
        var answered = fresh.answered(0, 10 * SECOND);
        var pace = answered.inVain(null, 11 * SECOND, 12 * SECOND, 1);

        assertThat(answered.vainFor(60 * SECOND)).isZero();
        assertThat(pace.vainFor(70 * SECOND)).isEqualTo(Duration.ofSeconds(60));
        assertThat(pace.answered(71 * SECOND, 72 * SECOND).vainFor(90 * SECOND)).isZero();
    }

    @Test
    void theClockMayBeginAnywhere() {
        var start = Long.MAX_VALUE - SECOND;
        var pace = CallPace.fresh(10, start).inVain(null, start, start + 2 * SECOND, 1);

        assertThat(pace.free(0, start + 2 * SECOND)).isZero();
        assertThat(pace.free(0, start + 3 * SECOND)).isEqualTo(5);
    }
}
