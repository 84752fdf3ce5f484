package dev.halfrate.processor.lane;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuotaTest {
    @Test
    void whatIsNeitherConfiguredNorLearnedBoundsNothing() {
        assertThat(Quota.NONE.isBounded()).isFalse();
    }

    @Test
    void theLowerOfWhatIsConfiguredAndLearnedHolds() {
        assertThat(Quota.NONE.configuredAs(1_000).usable()).isEqualTo(970);
        assertThat(new Quota(1_000, 500, Quota.SHARE_MAX).usable()).isEqualTo(485);
        assertThat(new Quota(500, 1_000, Quota.SHARE_MAX).usable()).isEqualTo(485);
    }

    @Test
    void whatWasReservedBeyondTheLimitSaysNothingAboutEstimates() {
        assertThat(Quota.NONE.refused(1_000, 1_001)).isEqualTo(new Quota(0, 1_000, Quota.SHARE_MAX));
    }

    @Test
    void aRefusalOfWhatWouldHaveHadRoomMakesCarefulAndConfidenceComesBack() {
        var careful = Quota.NONE.refused(1_000, 1_000);
        assertThat(careful.usable()).isEqualTo(873);

        var quota = careful;
        for (var batch = 0; batch < 20; batch++) {
            quota = quota.fitted();
        }

        assertThat(quota.usable()).isEqualTo(970);
    }

    @Test
    void howeverOftenItIsRefusedSomethingIsUsable() {
        var quota = Quota.NONE;
        for (var refusal = 0; refusal < 100; refusal++) {
            quota = quota.refused(1_000, 0);
        }

        assertThat(quota.usable()).isEqualTo(50);
    }
}
