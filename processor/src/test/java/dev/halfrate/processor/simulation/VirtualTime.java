package dev.halfrate.processor.simulation;

import dev.halfrate.processor.ledger.ActorClock;
import java.time.Duration;
import java.time.Instant;
import java.util.PriorityQueue;

/** Time that jumps from one event to the next. */
final class VirtualTime {
    static final Instant START = Instant.parse("2026-11-21T20:00:00Z");

    private final PriorityQueue<Due> queue = new PriorityQueue<>();
    private long nanos;
    private long order;

    void after(Duration delay, Runnable what) {
        queue.add(new Due(nanos + delay.toNanos(), order++, what));
    }

    /** @return whether something happened */
    boolean next() {
        var due = queue.poll();
        if (due == null) {
            return false;
        }
        nanos = due.atNanos;
        due.what.run();
        return true;
    }

    Duration passed() {
        return Duration.ofNanos(nanos);
    }

    Instant now() {
        return START.plusNanos(nanos);
    }

    /** @param ahead how wrong a host's wall clock is */
    ActorClock clock(Duration ahead) {
        return new ActorClock() {
            @Override
            public Instant now() {
                return VirtualTime.this.now().plus(ahead);
            }

            @Override
            public long nanos() {
                return nanos;
            }
        };
    }

    private record Due(long atNanos, long order, Runnable what) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            var byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }
}
