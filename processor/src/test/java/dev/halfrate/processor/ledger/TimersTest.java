package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.Effect.Timer;
import org.junit.jupiter.api.Test;

class TimersTest {
    private final Timers timers = new Timers();

    @Test
    void timersComeDueInTheOrderOfTheirTimesThenOfTheirStarts() {
        timers.start("late", Timer.POLL, 20);
        timers.start("first", Timer.POLL, 10);
        timers.start("second", Timer.POLL, 10);

        assertThat(timers.due(9)).isEmpty();
        assertThat(timers.nanosToNext(4)).hasValue(6);
        assertThat(timers.due(10)).hasValue(new Timers.Key("first", Timer.POLL));
        assertThat(timers.due(10)).hasValue(new Timers.Key("second", Timer.POLL));
        assertThat(timers.due(10)).isEmpty();
        assertThat(timers.nanosToNext(25)).hasValue(0);
        assertThat(timers.due(25)).hasValue(new Timers.Key("late", Timer.POLL));
        assertThat(timers.nanosToNext(25)).isEmpty();
    }

    @Test
    void aNewTimerReplacesTheEarlierOneOfItsKind() {
        timers.start("b", Timer.POLL, 10);
        timers.start("b", Timer.POLL, 30);
        timers.start("b", Timer.RETRY, 20);

        assertThat(timers.due(29)).hasValue(new Timers.Key("b", Timer.RETRY));
        assertThat(timers.due(29)).isEmpty();
        assertThat(timers.due(30)).hasValue(new Timers.Key("b", Timer.POLL));
    }

    @Test
    void cancelledTimersNeverComeDueAndWakeNobody() {
        timers.start("b", Timer.POLL, 10);
        timers.start("b", Timer.QUIET, 11);
        timers.start("other", Timer.POLL, 12);

        timers.cancel("b");

        assertThat(timers.nanosToNext(0)).hasValue(12);
        assertThat(timers.due(11)).isEmpty();
        assertThat(timers.due(12)).hasValue(new Timers.Key("other", Timer.POLL));
    }

    @Test
    void theMonotonicClockMayOverflow() {
        timers.start("later", Timer.POLL, Long.MIN_VALUE + 5);
        timers.start("sooner", Timer.POLL, Long.MAX_VALUE - 5);

        assertThat(timers.nanosToNext(Long.MAX_VALUE - 10)).hasValue(5);
        assertThat(timers.due(Long.MAX_VALUE)).hasValue(new Timers.Key("sooner", Timer.POLL));
        assertThat(timers.due(Long.MAX_VALUE)).isEmpty();
        assertThat(timers.due(Long.MIN_VALUE + 5)).hasValue(new Timers.Key("later", Timer.POLL));
    }
}
