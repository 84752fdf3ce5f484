package dev.halfrate.processor.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SeenIdsTest {
    private static final Instant NOW = Instant.parse("2026-11-22T08:00:00Z");

    private final SeenIds seen = new SeenIds();

    @Test
    void anIdCountsOnceForAsLongAsItsSignatureMayHold() {
        assertThat(seen.add("wh_1", NOW)).isTrue();
        assertThat(seen.add("wh_2", NOW)).isTrue();
        assertThat(seen.add("wh_1", NOW.plus(Signatures.TOLERANCE.multipliedBy(2))))
                .isFalse();
    }

    @Test
    void oldOnesAreForgotten() {
        seen.add("wh_1", NOW);

        assertThat(seen.add("wh_1", NOW.plus(Duration.ofMinutes(12)))).isTrue();
    }
}
