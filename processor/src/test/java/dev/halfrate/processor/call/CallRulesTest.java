package dev.halfrate.processor.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.call.Verdict.Again;
import dev.halfrate.processor.call.Verdict.Ends;
import dev.halfrate.processor.call.Verdict.GiveUp;
import dev.halfrate.processor.codec.Result.Failure;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.CallOutcome.NoAnswer;
import dev.halfrate.processor.provider.CallOutcome.Refused;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultLine.LineError;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CallRulesTest {
    private static final byte[] BODY = "{}".getBytes(UTF_8);
    private static final Usage USAGE = new Usage(1, 0, 0, 2);

    private final CallRules rules = new CallRules(3, InDoubt.CALL_AGAIN);

    @Test
    void anAnswerIsTheEnd() {
        assertThat(rules.after(answered(200, null), Tries.NONE, 1))
                .isEqualTo(new Ends(new Tries(1, 0, 0), 200, BODY, null, USAGE));
    }

    @Test
    void soIsAFailureForGood() {
        assertThat(rules.after(answered(400, new LineError("bad", "why", true)), Tries.NONE, 1))
                .isEqualTo(new Ends(new Tries(1, 0, 0), 400, BODY, new Failure("bad", "why", true), USAGE));
    }

    @Test
    void aFailureForNowIsTriedAsOftenAsAllowed() {
        var failure = answered(409, new LineError("conflict", "why", false));

        assertThat(rules.after(failure, Tries.NONE, 1)).isEqualTo(new Again(new Tries(1, 0, 0), CallRules.WAIT_FIRST));
        assertThat(rules.after(failure, new Tries(1, 0, 0), 1))
                .isEqualTo(new Again(new Tries(2, 0, 0), CallRules.WAIT_FIRST.multipliedBy(2)));
        assertThat(rules.after(failure, new Tries(2, 0, 0), 1))
                .isEqualTo(new Ends(new Tries(3, 0, 0), 409, BODY, new Failure("conflict", "why", false), USAGE));
    }

    @Test
    void anAnswerThatNobodyCanHoldIsNotBoughtAgain() {
        assertThat(rules.after(new CallOutcome.TooLong(70), Tries.NONE, 1))
                .isInstanceOfSatisfying(
                        Ends.class,
                        ends -> assertThat(ends.failure())
                                .isNotNull()
                                .satisfies(failure ->
                                        assertThat(failure.permanent()).isTrue())
                                .extracting(Failure::code)
                                .isEqualTo("result_too_large"));
    }

    @Test
    void withoutAnAnswerItIsSentOnceMoreAndThenNeverAgain() {
        var silence = new NoAnswer("timed out");

        assertThat(rules.after(silence, Tries.NONE, 1)).isInstanceOf(Again.class);
        assertThat(rules.after(silence, new Tries(0, 1, 0), 1))
                .isEqualTo(new Ends(
                        new Tries(0, 2, 0),
                        0,
                        null,
                        new Failure(
                                "no_answer",
                                "sent, but no answer came (timed out): it may have been executed and paid for",
                                false),
                        null));
    }

    @Test
    void whoDoesNotWantToPayTwiceIsObeyedAtOnce() {
        var careful = new CallRules(3, InDoubt.SKIP);

        assertThat(careful.after(new NoAnswer("timed out"), Tries.NONE, 1)).isInstanceOf(Ends.class);
        assertThat(careful.after(refused(Kind.RATE, 429), Tries.NONE, 1)).isInstanceOf(Again.class);
    }

    @Test
    void aFullVendorSpendsNoAttempt() {
        assertThat(rules.after(refused(Kind.RATE, 429), new Tries(2, 0, 7), 1))
                .isEqualTo(new Again(new Tries(2, 0, 8), CallRules.WAIT_MAX));
        assertThat(rules.after(refused(Kind.UNAVAILABLE, 529), Tries.NONE, 0))
                .isEqualTo(new Again(new Tries(0, 0, 1), CallRules.WAIT_FIRST.dividedBy(2)));
    }

    @Test
    void aBrokenVendorSpendsOne() {
        assertThat(rules.after(refused(Kind.UNAVAILABLE, 500), Tries.NONE, 1))
                .isEqualTo(new Again(new Tries(1, 0, 0), CallRules.WAIT_FIRST));
        assertThat(rules.after(refused(Kind.UNAVAILABLE, 500), new Tries(2, 0, 0), 1))
                .isEqualTo(new Ends(new Tries(3, 0, 0), 500, null, new Failure("code", "HTTP 500 code", false), null));
    }

    @Test
    void aRequestThatAloneIsOverTheLimitEndsWithTheVendorsWords() {
        var refused = new Refused(
                new Refusal(Kind.RATE, 429, "code", "HTTP 429 code", null),
                new ResultLine.Answered("", 429, BODY, null, new LineError("code", "your text", false)));

        assertThat(rules.after(refused, new Tries(0, 0, CallRules.REFUSALS_MAX - 1), 1))
                .isEqualTo(new Ends(
                        new Tries(0, 0, CallRules.REFUSALS_MAX),
                        429,
                        BODY,
                        new Failure("code", "your text", false),
                        null));
    }

    @Test
    void whoCannotBeReachedIsNoFailureOfTheRequest() {
        assertThat(rules.after(refused(Kind.UNAVAILABLE, 0), new Tries(0, 0, CallRules.REFUSALS_MAX - 1), 1))
                .isInstanceOf(GiveUp.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"KEY", "CREDIT", "NOT_FOUND"})
    void whereEveryCallWouldFailNothingMoreIsSent(Kind kind) {
        assertThat(rules.after(refused(kind, 401), Tries.NONE, 1))
                .isInstanceOfSatisfying(
                        GiveUp.class, giveUp -> assertThat(giveUp.reason()).contains("HTTP 401 code"));
    }

    private static CallOutcome answered(int status, @Nullable LineError error) {
        return new CallOutcome.Answered(new ResultLine.Answered("", status, BODY, USAGE, error));
    }

    private static CallOutcome refused(Kind kind, int status) {
        return new Refused(
                new Refusal(kind, status, "code", "HTTP %d code".formatted(status), Duration.ofSeconds(1)), null);
    }
}
