package dev.halfrate.processor.ledger;

import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.Refusal.Kind;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When an account may be called, as its vendor's answers have it. Pure: times are readings of a monotonic clock.
 *
 * <p>What is closed lets one call through at the end of each wait, and opens when the answer to a call that began later
 * shows that the reason is gone. The more of the last calls were in vain, the further apart the next ones begin, so that no
 * rush follows an outage.
 *
 * @param probeInterval how often a closed account is tried; a wish of the vendor makes the wait longer
 * @param closed which calls have to wait, and why
 * @param vain the last answers as bits: 1 where there was none, or it was of no use because of the account
 * @param lastBegunNanos when the last call began
 */
record AccountPace(Duration probeInterval, Map<Scope, Closed> closed, int vain, long lastBegunNanos) {
    /** Longest wait; the jitter comes on top. */
    static final Duration WAIT_MAX = Duration.ofMinutes(15);

    static final double JITTER = 0.1;

    /** Answers that are remembered. */
    static final int ANSWERS = 10;

    /** Of these in vain until nothing is called for a while. */
    static final int VAIN_MAX = 5;

    /** Between the beginnings of two calls, for each of the last ones that was in vain. */
    static final Duration APART = Duration.ofMillis(100);

    /** Models, and the whole account, that are closed at a time; producers choose models. */
    static final int CLOSED_MAX = 100;

    AccountPace {
        closed = Map.copyOf(closed);
    }

    static AccountPace fresh(Duration probeInterval) {
        return new AccountPace(probeInterval, Map.of(), 0, 0);
    }

    /** A call to be made. */
    sealed interface Call {
        /** @param model of all lines */
        record Create(String model) implements Call {}

        /** Costs nothing either, but vendors count them. */
        record Upload() implements Call {}

        /** Costs nothing. */
        record Other() implements Call {}
    }

    /** Calls that wait for the same thing. */
    sealed interface Scope {
        record EveryCall() implements Scope {}

        record Creates() implements Scope {}

        record CreatesOf(String model) implements Scope {}

        default boolean covers(Call call) {
            return switch (this) {
                case EveryCall _ -> true;
                case Creates _ -> call instanceof Call.Create;
                case CreatesOf(var model) -> call instanceof Call.Create create && create.model.equals(model);
            };
        }
    }

    /** @param interval between the calls that find out whether it still has to be */
    record Closed(Kind reason, Duration interval, long sinceNanos, long nextNanos) {
        private Closed tried(long nowNanos) {
            return new Closed(reason, interval, sinceNanos, nowNanos + interval.toNanos());
        }
    }

    /** @return how long the call has to wait at least; 0 if it may begin */
    long waitNanos(Call call, long nowNanos) {
        var apart = vain == 0 ? 0 : lastBegunNanos + APART.toNanos() * Integer.bitCount(vain) - nowNanos;
        return closed.entrySet().stream()
                .filter(entry -> entry.getKey().covers(call))
                .mapToLong(entry -> entry.getValue().nextNanos - nowNanos)
                .reduce(Math.max(0, apart), Math::max);
    }

    /** @return whether such calls need no trying */
    boolean open(Call call) {
        return closed.keySet().stream().noneMatch(scope -> scope.covers(call));
    }

    /** @return how much is closed for this reason */
    int closed(Kind reason) {
        return (int) closed.values().stream()
                .filter(closure -> closure.reason == reason)
                .count();
    }

    AccountPace begun(Call call, long nowNanos) {
        var tried = new HashMap<>(closed);
        tried.replaceAll((scope, closure) -> scope.covers(call) ? closure.tried(nowNanos) : closure);
        return new AccountPace(probeInterval, tried, vain, nowNanos);
    }

    /**
     * @param begunNanos when the call began
     * @param random 0..1
     */
    AccountPace answered(Call call, AccountAnswer answer, long begunNanos, long nowNanos, double random) {
        return switch (answer) {
            case AccountAnswer.Done _ -> answers(begunNanos);
            case AccountAnswer.Silence _ -> silent(null, begunNanos, nowNanos, random);
            case AccountAnswer.Refused(var refusal) -> refused(call, refusal, begunNanos, nowNanos, random);
        };
    }

    /** The vendor works on a batch, or has: there was credit and room when it was created. */
    AccountPace accepted(String model, long createdNanos) {
        return open(new Scope.Creates(), createdNanos).open(new Scope.CreatesOf(model), createdNanos);
    }

    /** @return after a no to a create, perhaps at validation, or to another call */
    AccountPace refused(Call call, Refusal refusal, long begunNanos, long nowNanos, double random) {
        var wish = refusal.retryAfter() == null ? Duration.ZERO : refusal.retryAfter();
        return switch (refusal.kind()) {
            case KEY -> inVain().close(new Scope.EveryCall(), Kind.KEY, probeInterval, begunNanos, nowNanos, random);
            case RATE -> {
                var noted = inVain();
                var wait = refusal.retryAfter() == null ? noted.backOff() : wish;
                yield noted.close(new Scope.EveryCall(), Kind.RATE, wait, begunNanos, nowNanos, random);
            }
            case UNAVAILABLE -> silent(refusal.retryAfter(), begunNanos, nowNanos, random);
            case CREDIT ->
                answers(begunNanos)
                        .close(
                                new Scope.Creates(),
                                Kind.CREDIT,
                                longer(probeInterval, wish),
                                begunNanos,
                                nowNanos,
                                random);
            case QUEUE_FULL -> {
                var scope = call instanceof Call.Create(var model) ? new Scope.CreatesOf(model) : new Scope.Creates();
                var present = closed.get(scope);
                var wait = present == null ? probeInterval : present.interval.multipliedBy(2);
                yield answers(begunNanos)
                        .close(scope, Kind.QUEUE_FULL, longer(wait, wish), begunNanos, nowNanos, random);
            }
            case TOO_LARGE, BAD_REQUEST, NOT_FOUND -> answers(begunNanos);
        };
    }

    private AccountPace answers(long begunNanos) {
        return noted(0).open(new Scope.EveryCall(), begunNanos);
    }

    private AccountPace silent(@Nullable Duration wish, long begunNanos, long nowNanos, double random) {
        var noted = inVain();
        var present = closed.get(new Scope.EveryCall());
        var another = present != null && present.reason != Kind.UNAVAILABLE;
        var few = present == null && wish == null && Integer.bitCount(noted.vain) < VAIN_MAX;
        if (another || few) {
            return noted;
        }
        var wait = noted.backOff().compareTo(probeInterval) < 0 ? noted.backOff() : probeInterval;
        return noted.close(
                new Scope.EveryCall(),
                Kind.UNAVAILABLE,
                wish == null ? wait : longer(wait, wish),
                begunNanos,
                nowNanos,
                random);
    }

    /** Doubles with each of the last calls that was in vain, from two seconds. */
    private Duration backOff() {
        return Duration.ofSeconds(1L << Integer.bitCount(vain));
    }

    private AccountPace inVain() {
        return noted(1);
    }

    private AccountPace noted(int bit) {
        return new AccountPace(probeInterval, closed, (vain << 1 | bit) & ((1 << ANSWERS) - 1), lastBegunNanos);
    }

    /** An answer to a call from before it was closed says nothing new. */
    private AccountPace close(Scope scope, Kind reason, Duration wait, long begunNanos, long nowNanos, double random) {
        var present = closed.get(scope);
        if (present != null && begunNanos - present.sinceNanos <= 0) {
            return this;
        }
        var bounded = wait.compareTo(WAIT_MAX) < 0 ? wait : WAIT_MAX;
        var jittered = bounded.plusNanos((long) (bounded.toNanos() * JITTER * random));
        var all = new HashMap<>(closed);
        if (present == null && all.size() >= CLOSED_MAX) {
            all.keySet().stream()
                    .min(Comparator.comparingLong(other -> nextNanos(other) - nowNanos))
                    .ifPresent(all::remove);
        }
        all.put(scope, new Closed(reason, bounded, nowNanos, nowNanos + jittered.toNanos()));
        return new AccountPace(probeInterval, all, vain, lastBegunNanos);
    }

    private long nextNanos(Scope scope) {
        var present = closed.get(scope);
        return present == null ? Long.MAX_VALUE : present.nextNanos;
    }

    private AccountPace open(Scope scope, long begunNanos) {
        var present = closed.get(scope);
        if (present == null || begunNanos - present.sinceNanos <= 0) {
            return this;
        }
        var others = new HashMap<>(closed);
        others.remove(scope);
        return new AccountPace(probeInterval, others, vain, lastBegunNanos);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }
}
