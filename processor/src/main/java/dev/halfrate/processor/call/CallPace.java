package dev.halfrate.processor.call;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How many calls an account may have under way, and when the next ones may begin, as its vendor's answers have it. Pure:
 * times are readings of a monotonic clock.
 *
 * <p>The limit grows by one in a round of answers, and is halved by a call in vain (too many, overloaded, not connected,
 * no answer), once in a round: a call that began before the last halving says nothing new. Then nothing begins for a
 * while: as long as the vendor wishes, and the longer the more rounds were in vain.
 *
 * @param limit 1..callsMax, whole numbers count
 * @param vain rounds in a row
 * @param halvedNanos when it was halved last
 * @param closedUntilNanos when the next call may begin
 * @param answeredNanos when an answer came last, at first when all began
 */
public record CallPace(
        int callsMax, double limit, int vain, long halvedNanos, long closedUntilNanos, long answeredNanos) {
    static final Duration PAUSE_FIRST = Duration.ofSeconds(1);
    /** Longest pause that the vendor did not wish for. */
    static final Duration PAUSE_MAX = Duration.ofMinutes(1);
    /** On top of what the vendor wishes. */
    static final double JITTER = 0.1;

    public static CallPace fresh(int callsMax, long nowNanos) {
        return new CallPace(callsMax, callsMax, 0, nowNanos - 1, nowNanos, nowNanos);
    }

    /** @return how many calls may begin now */
    public int free(int underWay, long nowNanos) {
        return waitNanos(nowNanos) > 0 ? 0 : Math.max(0, (int) limit - underWay);
    }

    /** @return how long none may begin; 0 if one may, should there be room */
    public long waitNanos(long nowNanos) {
        return Math.max(0, closedUntilNanos - nowNanos);
    }

    /** @return how long no answer has come, although calls were made; zero if the last round brought some */
    Duration vainFor(long nowNanos) {
        return vain == 0 ? Duration.ZERO : Duration.ofNanos(nowNanos - answeredNanos);
    }

    /** @param begunNanos when the call began */
    public CallPace answered(long begunNanos, long nowNanos) {
        return isOld(begunNanos)
                ? new CallPace(callsMax, limit, vain, halvedNanos, closedUntilNanos, nowNanos)
                : new CallPace(
                        callsMax, Math.min(callsMax, limit + 1 / limit), 0, halvedNanos, closedUntilNanos, nowNanos);
    }

    /**
     * @param wish how long the vendor wants nothing, null if it does not say
     * @param begunNanos when the call began
     * @param random 0..1
     */
    public CallPace inVain(@Nullable Duration wish, long begunNanos, long nowNanos, double random) {
        var wished = wish == null ? 0 : (long) (wish.toNanos() * (1 + JITTER * random));
        if (isOld(begunNanos)) {
            return new CallPace(callsMax, limit, vain, halvedNanos, closed(wished, nowNanos), answeredNanos);
        }
        // What the vendor wishes was not enough if it has to say so again.
        var pause = wish == null || vain > 0 ? (long) (backOff().toNanos() * (0.5 + 0.5 * random)) : 0;
        return new CallPace(
                callsMax,
                Math.max(1, limit / 2),
                vain + 1,
                nowNanos,
                closed(Math.max(wished, pause), nowNanos),
                answeredNanos);
    }

    private boolean isOld(long begunNanos) {
        return begunNanos - halvedNanos <= 0;
    }

    private long closed(long pauseNanos, long nowNanos) {
        return nowNanos + Math.max(pauseNanos, waitNanos(nowNanos));
    }

    private Duration backOff() {
        var doubled = PAUSE_FIRST.multipliedBy(1L << Math.min(vain, 6));
        return doubled.compareTo(PAUSE_MAX) < 0 ? doubled : PAUSE_MAX;
    }
}
