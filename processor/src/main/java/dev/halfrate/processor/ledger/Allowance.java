package dev.halfrate.processor.ledger;

import java.time.Duration;

/** So many calls within any span of time. Times are readings of a monotonic clock; not safe for use by many threads. */
final class Allowance {
    private final long spanNanos;
    /** When the last calls began, a ring. */
    private final long[] begun;

    private int oldest;
    private int known;

    /** @param max 0 for any number */
    Allowance(int max, Duration span) {
        spanNanos = span.toNanos();
        begun = new long[max];
    }

    /** @return how long the next call has to wait; 0 if it may begin */
    long waitNanos(long nowNanos) {
        return begun.length == 0 || known < begun.length ? 0 : Math.max(0, begun[oldest] + spanNanos - nowNanos);
    }

    void begin(long nowNanos) {
        if (begun.length > 0) {
            begun[oldest] = nowNanos;
            oldest = (oldest + 1) % begun.length;
            known = Math.min(known + 1, begun.length);
        }
    }
}
