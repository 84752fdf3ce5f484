package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.ledger.AccountAnswer.Done;
import dev.halfrate.processor.ledger.AccountAnswer.Refused;
import dev.halfrate.processor.ledger.AccountAnswer.Silence;
import dev.halfrate.processor.ledger.AccountPace.Call;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.Refusal.Kind;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AccountPaceTest {
    private static final Duration PROBE = Duration.ofMinutes(1);
    private static final Duration ANSWERED_IN = Duration.ofMillis(10);
    private static final Call POLL = new Call.Other();
    private static final Call CREATE = new Call.Create("small");
    private static final Call CREATE_LARGE = new Call.Create("large");

    private AccountPace pace = AccountPace.fresh(PROBE);
    /** Not zero: the clock may read anything, and may be about to overflow. */
    private long now = Long.MAX_VALUE - Duration.ofSeconds(1).toNanos();

    private void after(Duration time) {
        now += time.toNanos();
    }

    private Duration wait(Call call) {
        return Duration.ofNanos(pace.waitNanos(call, now));
    }

    /** A call that begins now and is answered soon after. */
    private void answered(Call call, AccountAnswer answer) {
        var begun = now;
        pace = pace.begun(call, now);
        after(ANSWERED_IN);
        pace = pace.answered(call, answer, begun, now, 0);
    }

    private void done(Call call, int times) {
        for (var i = 0; i < times; i++) {
            answered(call, new Done());
        }
    }

    private void silent(int times) {
        for (var i = 0; i < times; i++) {
            answered(POLL, new Silence());
        }
    }

    private static AccountAnswer no(Kind kind) {
        return no(kind, null);
    }

    private static AccountAnswer no(Kind kind, @Nullable Duration retryAfter) {
        return new Refused(new Refusal(kind, 400, "code", "message", retryAfter));
    }

    @Test
    void aFreshAccountWaitsForNothing() {
        assertThat(wait(POLL)).isZero();
        assertThat(wait(CREATE)).isZero();
        assertThat(pace.open(CREATE)).isTrue();
    }

    @Test
    void aRefusedKeyPausesEveryCallAndIsTriedOnceAnInterval() {
        answered(POLL, no(Kind.KEY));
        assertThat(wait(POLL)).isEqualTo(PROBE);
        assertThat(wait(CREATE)).isEqualTo(PROBE);
        assertThat(pace.closed(Kind.KEY)).isEqualTo(1);

        after(PROBE);
        assertThat(wait(POLL)).isZero();
        pace = pace.begun(POLL, now);
        assertThat(wait(POLL)).as("while somebody tries").isEqualTo(PROBE);
        pace = pace.answered(POLL, no(Kind.KEY), now, now, 0);

        assertThat(wait(CREATE)).isEqualTo(PROBE);
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"TOO_LARGE", "BAD_REQUEST", "NOT_FOUND", "CREDIT", "QUEUE_FULL"})
    void anyAnswerThatTheKeyIsGoodForEndsItsPause(Kind kind) {
        answered(POLL, no(Kind.KEY));
        after(PROBE);

        answered(POLL, no(kind));

        assertThat(pace.closed(Kind.KEY)).isZero();
        assertThat(pace.open(POLL)).isTrue();
    }

    @Test
    void anAnswerToACallFromBeforeThePauseDoesNotEndIt() {
        var before = now;
        answered(POLL, no(Kind.KEY));
        after(PROBE);

        pace = pace.answered(POLL, new Done(), before, now, 0);

        assertThat(pace.open(POLL)).isFalse();
    }

    @Test
    void aNoToACallFromBeforeThePauseDoesNotProlongIt() {
        var before = now;
        answered(POLL, no(Kind.KEY));
        after(PROBE.dividedBy(2));

        pace = pace.answered(POLL, no(Kind.KEY), before, now, 0);

        assertThat(wait(POLL)).isEqualTo(PROBE.dividedBy(2));
    }

    @Test
    void silenceDuringAPauseSaysNothingAboutTheKey() {
        answered(POLL, no(Kind.KEY));
        after(PROBE);

        answered(POLL, new Silence());

        assertThat(pace.closed(Kind.KEY)).isEqualTo(1);
        assertThat(wait(POLL)).isEqualTo(PROBE.minus(ANSWERED_IN));
    }

    @Test
    void withoutCreditOnlyCreatesWait() {
        answered(CREATE, no(Kind.CREDIT));

        assertThat(wait(POLL)).isZero();
        assertThat(wait(CREATE)).isEqualTo(PROBE);
        assertThat(wait(CREATE_LARGE)).isEqualTo(PROBE);
        done(POLL, 20);
        assertThat(pace.closed(Kind.CREDIT)).isEqualTo(1);
    }

    @Test
    void aBatchThatIsWorkedOnShowsThatThereIsCreditAgain() {
        var before = now;
        answered(CREATE, no(Kind.CREDIT));
        after(PROBE);
        var created = now;
        answered(CREATE, new Done());
        assertThat(pace.open(CREATE)).as("it is not validated yet").isFalse();

        pace = pace.accepted("small", before);
        assertThat(pace.open(CREATE)).as("a batch from before").isFalse();
        pace = pace.accepted("small", created);

        assertThat(wait(CREATE)).isZero();
        assertThat(pace.closed(Kind.CREDIT)).isZero();
    }

    @Test
    void aFullQueueIsAMatterOfTheModelAndWaitsLongerEachTime() {
        answered(CREATE, no(Kind.QUEUE_FULL));
        assertThat(wait(CREATE)).isEqualTo(PROBE);
        assertThat(wait(CREATE_LARGE)).isZero();
        assertThat(wait(POLL)).isZero();

        for (var expected : new int[] {2, 4, 8, 15, 15}) {
            after(wait(CREATE));
            answered(CREATE, no(Kind.QUEUE_FULL));
            assertThat(wait(CREATE)).isEqualTo(Duration.ofMinutes(expected));
        }
        var created = now;
        after(ANSWERED_IN);
        pace = pace.accepted("small", created + 1);
        assertThat(wait(CREATE)).isZero();
    }

    @Test
    void aRateThatIsTooHighIsLoweredForAsLongAsTheVendorWishes() {
        answered(POLL, no(Kind.RATE, Duration.ofSeconds(7)));

        assertThat(wait(POLL)).isEqualTo(Duration.ofSeconds(7));
        assertThat(wait(CREATE)).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void anAbsurdWishIsCapped() {
        answered(POLL, no(Kind.RATE, Duration.ofDays(365)));

        assertThat(wait(POLL)).isEqualTo(AccountPace.WAIT_MAX);
    }

    @Test
    void withoutAWishTheBackOffDoubles() {
        for (var expected : new int[] {2, 4, 8, 16}) {
            answered(POLL, no(Kind.RATE));
            assertThat(wait(POLL)).isEqualTo(Duration.ofSeconds(expected));
            after(wait(POLL));
        }
        for (var i = 0; i < 10; i++) {
            answered(POLL, no(Kind.RATE));
            after(wait(POLL));
        }
        answered(POLL, no(Kind.RATE));
        assertThat(wait(POLL)).isEqualTo(AccountPace.WAIT_MAX);
    }

    @Test
    void jitterMakesAWaitUpToATenthLonger() {
        var wait = Duration.ofSeconds(100);
        pace = pace.answered(POLL, no(Kind.RATE, wait), now, now, 1);

        assertThat(wait(POLL)).isEqualTo(Duration.ofSeconds(110));
    }

    @Test
    void fewCallsInVainCloseNothing() {
        silent(AccountPace.VAIN_MAX - 1);

        assertThat(pace.open(POLL)).isTrue();
    }

    @Test
    void halfOfTheLastCallsInVainStopAllForAWhile() {
        for (var i = 0; i < AccountPace.VAIN_MAX - 1; i++) {
            answered(POLL, new Silence());
            answered(POLL, new Done());
        }
        assertThat(pace.open(POLL)).isTrue();

        answered(POLL, new Silence());

        assertThat(pace.closed(Kind.UNAVAILABLE)).isEqualTo(1);
        assertThat(wait(CREATE)).isEqualTo(Duration.ofSeconds(32));
    }

    @Test
    void anOutageIsTriedOnceAnIntervalUntilItIsOver() {
        silent(AccountPace.VAIN_MAX);
        var calls = 0;
        for (var waited = Duration.ZERO; waited.compareTo(Duration.ofHours(6)) < 0; waited = waited.plus(PROBE)) {
            after(wait(POLL));
            answered(POLL, new Silence());
            calls++;
            assertThat(wait(POLL)).isLessThanOrEqualTo(PROBE);
        }
        assertThat(calls).isEqualTo(360);
        after(wait(POLL));

        answered(POLL, new Done());

        assertThat(pace.open(POLL)).isTrue();
    }

    @Test
    void noRushFollowsAnOutage() {
        silent(AccountPace.ANSWERS);
        after(wait(POLL));
        answered(POLL, new Done());
        var begun = now;

        for (var vain = AccountPace.ANSWERS - 1; vain > 0; vain--) {
            assertThat(wait(POLL))
                    .isEqualTo(AccountPace.APART.multipliedBy(vain).minus(ANSWERED_IN));
            after(wait(POLL));
            answered(POLL, new Done());
        }

        assertThat(wait(POLL)).isZero();
        assertThat(Duration.ofNanos(now - begun)).isGreaterThan(Duration.ofSeconds(4));
    }

    @Test
    void anOverloadedVendorThatSaysForHowLongIsLeftAloneAtOnce() {
        answered(POLL, no(Kind.UNAVAILABLE, Duration.ofMinutes(3)));

        assertThat(wait(POLL)).isEqualTo(Duration.ofMinutes(3));
    }

    @Test
    void whatIsClosedAtATimeIsBounded() {
        answered(POLL, no(Kind.KEY));
        for (var model = 0; model < 3 * AccountPace.CLOSED_MAX; model++) {
            after(Duration.ofSeconds(1));
            answered(new Call.Create("model-" + model), no(Kind.QUEUE_FULL));
        }

        assertThat(pace.closed()).hasSize(AccountPace.CLOSED_MAX);
        assertThat(wait(new Call.Create("model-299"))).isPositive();
    }
}
