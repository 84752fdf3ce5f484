package dev.halfrate.processor.call;

import dev.halfrate.processor.call.Verdict.Again;
import dev.halfrate.processor.call.Verdict.Ends;
import dev.halfrate.processor.call.Verdict.GiveUp;
import dev.halfrate.processor.codec.Result.Failure;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.ResultLine;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Decides what becomes of a request after a call. Pure.
 *
 * @param attemptsMax of one request that are answered with a failure, or not at all
 * @param inDoubt what is done when no answer came
 */
record CallRules(int attemptsMax, InDoubt inDoubt) {
    /** Calls of one request without an answer: so often it may have been bought in vain. */
    static final int DOUBTS_MAX = 2;
    /** Far more than a pace that adapts brings about, unless the request alone is over the limit. */
    static final int REFUSALS_MAX = 30;

    static final Duration WAIT_FIRST = Duration.ofMillis(500);
    static final Duration WAIT_MAX = Duration.ofMinutes(1);

    static final String NO_ANSWER = "no_answer";
    static final String RESULT_TOO_LARGE = "result_too_large";

    /**
     * @param before the call
     * @param random 0..1
     */
    Verdict after(CallOutcome outcome, Tries before, double random) {
        return switch (outcome) {
            case CallOutcome.Answered(var line) -> answered(line, before.answered(), random);
            case CallOutcome.TooLong(var bytes) ->
                new Ends(
                        before.answered(),
                        200,
                        null,
                        new Failure(
                                RESULT_TOO_LARGE,
                                "the answer has at least %d bytes; it was paid for, and would be again: ask for less"
                                        .formatted(bytes),
                                true),
                        null);
            case CallOutcome.Refused(var refusal, var line) -> refused(refusal, line, before, random);
            case CallOutcome.NoAnswer(var reason) -> doubted(reason, before.doubted(), random);
        };
    }

    /** @return the end of a request that may have been bought, and is not sent again */
    static Ends unknown(Tries tries, String reason) {
        return new Ends(
                tries,
                0,
                null,
                new Failure(
                        NO_ANSWER,
                        "sent, but no answer came (%s): it may have been executed and paid for".formatted(reason),
                        false),
                null);
    }

    private Verdict answered(ResultLine.Answered line, Tries tries, double random) {
        var error = line.error();
        return error == null || error.permanent() || tries.attempts() >= attemptsMax
                ? end(line, tries)
                : again(tries, random);
    }

    private Verdict refused(Refusal refusal, ResultLine.@Nullable Answered line, Tries before, double random) {
        return switch (refusal.kind()) {
            case KEY -> new GiveUp("the vendor refuses the account's key (%s)".formatted(refusal.message()));
            case CREDIT -> new GiveUp("the account has no credit (%s)".formatted(refusal.message()));
            case NOT_FOUND ->
                new GiveUp("there is no such endpoint at the account's base-url (%s)".formatted(refusal.message()));
            case RATE, QUEUE_FULL, UNAVAILABLE, TOO_LARGE, BAD_REQUEST -> {
                var tries = isFailure(refusal) ? before.answered() : before.refused();
                if (tries.attempts() < attemptsMax && tries.refusals() < REFUSALS_MAX) {
                    yield again(tries, random);
                }
                if (refusal.httpStatus() == 0) {
                    yield new GiveUp("the vendor cannot be reached (%s)".formatted(refusal.message()));
                }
                yield line == null ? end(refusal, tries) : end(line, tries);
            }
        };
    }

    /** Whether it may be the request's own fault; who is overloaded says so. */
    private static boolean isFailure(Refusal refusal) {
        return refusal.httpStatus() >= 500 && refusal.httpStatus() != 503 && refusal.httpStatus() != 529;
    }

    private Verdict doubted(String reason, Tries tries, double random) {
        return inDoubt == InDoubt.SKIP || tries.doubts() >= DOUBTS_MAX || tries.attempts() >= attemptsMax
                ? unknown(tries, reason)
                : again(tries, random);
    }

    private static Ends end(ResultLine.Answered line, Tries tries) {
        var error = line.error();
        var failure = error == null ? null : new Failure(error.code(), error.message(), error.permanent());
        return new Ends(tries, line.httpStatus(), line.body(), failure, line.usage());
    }

    private static Ends end(Refusal refusal, Tries tries) {
        var failure = new Failure(refusal.code(), refusal.message(), false);
        return new Ends(tries, refusal.httpStatus(), null, failure, null);
    }

    private static Again again(Tries tries, double random) {
        var times = Math.min(tries.attempts() + tries.refusals() - 1, 7);
        var doubled = WAIT_FIRST.multipliedBy(1L << Math.max(0, times));
        var bounded = doubled.compareTo(WAIT_MAX) < 0 ? doubled : WAIT_MAX;
        return new Again(tries, Duration.ofNanos((long) (bounded.toNanos() * (0.5 + 0.5 * random))));
    }
}
