package dev.halfrate.processor.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.lane.FairShares.Turn;
import dev.halfrate.processor.lane.FairShares.Want;
import java.util.List;
import org.junit.jupiter.api.Test;

class FairSharesTest {
    @Test
    void whoIsAloneMayHaveAll() {
        assertThat(FairShares.next(List.of(new Want(5, 1_000)), 100, 5)).isEqualTo(new Turn(0, 100));
    }

    @Test
    void whoHasLeastGoesFirstUpToWhereTheOthersAre() {
        var wants = List.of(new Want(60, 1_000), new Want(10, 1_000), new Want(40, 1_000));

        // All three would come to (60 + 10 + 40 + 40) / 3 = 50; the fullest has more already.
        assertThat(FairShares.next(wants, 40, 5)).isEqualTo(new Turn(1, 35));
    }

    @Test
    void ofEqualsTheFirstGoesFirst() {
        assertThat(FairShares.next(List.of(new Want(0, 100), new Want(0, 100)), 100, 5))
                .isEqualTo(new Turn(0, 50));
    }

    @Test
    void whatSomebodyDoesNotWantIsTheOthers() {
        assertThat(FairShares.next(List.of(new Want(0, 1_000), new Want(10, 20)), 100, 5))
                .isEqualTo(new Turn(0, 80));
    }

    @Test
    void aTurnIsNoCrumb() {
        assertThat(FairShares.next(List.of(new Want(0, 100), new Want(0, 100)), 6, 5))
                .isEqualTo(new Turn(0, 5));
    }

    @Test
    void whereThereIsEnoughForAllNobodyIsHeldBack() {
        assertThat(FairShares.next(List.of(new Want(0, 10), new Want(0, 10)), 100, 5))
                .isEqualTo(new Turn(0, 100));
    }
}
