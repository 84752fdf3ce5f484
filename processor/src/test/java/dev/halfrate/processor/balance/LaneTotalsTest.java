package dev.halfrate.processor.balance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LaneTotalsTest {
    private static final LaneTotals TOTALS = new LaneTotals(20, 15, 3, 2, 6, 2, 1, 1);

    @Test
    void whatWasAcceptedHasEndedOrIsInFlight() {
        assertThat(TOTALS.ended()).isEqualTo(10);
        assertThat(TOTALS.gap(5)).isZero();
        assertThat(TOTALS.gap(4)).as("lost").isEqualTo(1);
        assertThat(TOTALS.gap(6)).as("ended too often").isEqualTo(-1);
    }

    @Test
    void whatArrivedWasAcceptedOrNot() {
        assertThat(TOTALS.plus(new LaneTotals(1, 0, 0, 0, 0, 0, 0, 0)).gap(5)).isEqualTo(1);
    }

    @Test
    void whatIsAddedCanBeTakenAway() {
        assertThat(TOTALS.plus(LaneTotals.arrived(2, 1, 1)).minus(LaneTotals.arrived(2, 1, 1)))
                .isEqualTo(TOTALS);
    }
}
