package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AllowanceTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    /** A monotonic clock may begin anywhere. */
    private static final long START = -10 * SECOND;

    private final Allowance twoAMinute = new Allowance(2, Duration.ofMinutes(1));

    @Test
    void noSpanOfTimeHasMoreThanIsAllowed() {
        for (var second : new int[] {0, 50, 60, 110}) {
            assertThat(twoAMinute.waitNanos(START + second * SECOND)).isZero();
            twoAMinute.begin(START + second * SECOND);
        }

        assertThat(twoAMinute.waitNanos(START + 111 * SECOND)).isEqualTo(9 * SECOND);
        assertThat(twoAMinute.waitNanos(START + 119 * SECOND)).isEqualTo(SECOND);
        assertThat(twoAMinute.waitNanos(START + 120 * SECOND)).isZero();
    }

    @Test
    void zeroIsNoLimit() {
        var any = new Allowance(0, Duration.ofHours(1));
        any.begin(START);

        assertThat(any.waitNanos(START)).isZero();
    }
}
