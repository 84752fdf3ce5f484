package dev.halfrate.processor.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TurnaroundsTest {
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
    private static final Duration UNKNOWN = Duration.ofHours(24);

    private static Turnarounds of(int... minutes) {
        return IntStream.of(minutes)
                .mapToObj(Duration::ofMinutes)
                .reduce(Turnarounds.NONE, Turnarounds::plus, (one, _) -> one);
    }

    @Test
    void isARange() {
        var ten = of(10, 1, 9, 2, 8, 3, 7, 4, 6, 5);

        assertThat(ten.within(0, UNKNOWN)).isEqualTo(Duration.ofMinutes(1));
        assertThat(ten.within(50, UNKNOWN)).isEqualTo(Duration.ofMinutes(5));
        assertThat(ten.within(90, UNKNOWN)).isEqualTo(Duration.ofMinutes(9));
        assertThat(ten.within(100, UNKNOWN)).isEqualTo(Duration.ofMinutes(10));
        assertThat(of(3).within(90, UNKNOWN)).isEqualTo(Duration.ofMinutes(3));
    }

    @Test
    void theOldestAreForgotten() {
        var many = of(IntStream.rangeClosed(1, Turnarounds.LAST_MAX + 5).toArray());

        assertThat(many.last()).hasSize(Turnarounds.LAST_MAX);
        assertThat(many.within(0, UNKNOWN)).isEqualTo(Duration.ofMinutes(6));
    }

    @Test
    void aBatchIsExpectedToEndAsMostOfThoseBefore() {
        assertThat(of(30).endsBy(NOW, UNKNOWN)).isEqualTo(NOW.plus(Duration.ofMinutes(30)));
        assertThat(Turnarounds.NONE.endsBy(NOW, UNKNOWN)).isEqualTo(NOW.plus(UNKNOWN));
    }
}
