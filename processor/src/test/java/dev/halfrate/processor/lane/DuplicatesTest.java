package dev.halfrate.processor.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.lane.Duplicates.Ended;
import dev.halfrate.processor.lane.Duplicates.Verdict;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DuplicatesTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final Duration HORIZON = Duration.ofHours(1);
    private static final Duration MILLI = Duration.ofMillis(1);
    private static final Id FIRST = new Id(1, 2, 100);
    private static final Id OTHER_CONTENT = new Id(1, 2, 200);

    private final Duplicates duplicates = new Duplicates(HORIZON, 10);

    @Test
    void aRepeatIsAbsorbedWhileTheFirstOneWaits() {
        assertThat(duplicates.admit(FIRST, NOW)).isEqualTo(Verdict.FRESH);

        assertThat(duplicates.admit(FIRST, NOW)).isEqualTo(Verdict.ABSORBED);
        assertThat(duplicates.admit(OTHER_CONTENT, NOW)).isEqualTo(Verdict.CONFLICT);
    }

    @Test
    void aRepeatIsAbsorbedWhileTheFirstOneIsInFlight() {
        sealed(1);

        assertThat(duplicates.admit(FIRST, NOW)).isEqualTo(Verdict.ABSORBED);
        assertThat(duplicates.admit(OTHER_CONTENT, NOW)).isEqualTo(Verdict.CONFLICT);
    }

    @Test
    void aRepeatIsAbsorbedUntilTheHorizonAfterSuccess() {
        succeeded(1, NOW);

        assertThat(duplicates.admit(FIRST, NOW.plus(HORIZON).minus(MILLI))).isEqualTo(Verdict.ABSORBED);
        assertThat(duplicates.admit(FIRST, NOW.plus(HORIZON))).isEqualTo(Verdict.FRESH);
    }

    @Test
    void anotherContentAfterSuccessIsANewRequest() {
        succeeded(1, NOW);

        assertThat(duplicates.admit(OTHER_CONTENT, NOW)).isEqualTo(Verdict.FRESH);
        assertThat(duplicates.admit(FIRST, NOW)).isEqualTo(Verdict.CONFLICT);
    }

    @Test
    void afterAnyOtherEndTheSameIsANewRequest() {
        sealed(1);
        duplicates.forget(1, FIRST);

        assertThat(duplicates.admit(FIRST, NOW)).isEqualTo(Verdict.FRESH);
    }

    @Test
    void whatExpiredInItsLaneIsForgotten() {
        duplicates.admit(FIRST, NOW);
        duplicates.end(FIRST);

        assertThat(duplicates.admit(OTHER_CONTENT, NOW)).isEqualTo(Verdict.FRESH);
    }

    @Test
    void aReturnedRequestBelongsToItsLaneAndOnlyOnce() {
        sealed(1);

        assertThat(duplicates.giveBack(1, FIRST)).isTrue();
        assertThat(duplicates.giveBack(1, FIRST)).isFalse();
        duplicates.forget(1, FIRST);

        assertThat(duplicates.admit(FIRST, NOW)).isEqualTo(Verdict.ABSORBED);
    }

    @Test
    void anOldBatchDoesNotTakeItsSuccessorsIdsAlong() {
        succeeded(1, NOW);
        duplicates.admit(OTHER_CONTENT, NOW);
        duplicates.own(2, OTHER_CONTENT);

        assertThat(duplicates.nextToForget(NOW.plus(HORIZON)))
                .map(Ended::ordinal)
                .contains(1);
        duplicates.forget(1, FIRST);

        assertThat(duplicates.admit(OTHER_CONTENT, NOW)).isEqualTo(Verdict.ABSORBED);
    }

    @Test
    void batchesAreForgottenInTheOrderOfTheirEnd() {
        duplicates.settled(new Ended(1, "late", NOW.plus(MILLI), 1));
        duplicates.settled(new Ended(2, "early", NOW, 1));

        assertThat(duplicates.nextToForget(NOW.plus(HORIZON).minus(MILLI))).isEmpty();
        assertThat(duplicates.nextToForget(NOW.plus(HORIZON)))
                .map(Ended::batchId)
                .contains("early");
        assertThat(duplicates.nextToForget(NOW.plus(HORIZON))).isEmpty();
        assertThat(duplicates.nextToForget(NOW.plus(HORIZON).plus(MILLI)))
                .map(Ended::batchId)
                .contains("late");
    }

    @Test
    void theOldestAreForgottenFirstWhenThereAreTooMany() {
        duplicates.settled(new Ended(1, "old", NOW, 6));
        duplicates.settled(new Ended(2, "new", NOW.plus(MILLI), 4));
        assertThat(duplicates.nextToForget(NOW)).isEmpty();

        duplicates.settled(new Ended(3, "newest", NOW.plus(MILLI), 1));

        assertThat(duplicates.nextToForget(NOW)).map(Ended::batchId).contains("old");
        assertThat(duplicates.nextToForget(NOW)).isEmpty();
    }

    @Test
    void poolsDoNotShareIds() {
        var hasher = new IdHasher();
        var content = new byte[16];

        assertThat(hasher.id("a", "x", content)).isEqualTo(hasher.id("a", "x", content));
        assertThat(hasher.id("a", "x", content)).isNotEqualTo(hasher.id("b", "x", content));
        assertThat(hasher.id("a", "bx", content)).isNotEqualTo(hasher.id("ab", "x", content));
    }

    private void sealed(int ordinal) {
        duplicates.admit(FIRST, NOW);
        duplicates.own(ordinal, FIRST);
    }

    private void succeeded(int ordinal, Instant at) {
        sealed(ordinal);
        duplicates.settled(new Ended(ordinal, "b-" + ordinal, at, 1));
    }
}
