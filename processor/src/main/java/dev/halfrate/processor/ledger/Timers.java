package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Effect;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;

/** Timers by the monotonic clock; a new one replaces an earlier one of the same batch and kind. */
final class Timers {
    private final PriorityQueue<Due> queue = new PriorityQueue<>();
    private final Map<Key, Due> latest = new HashMap<>();
    private long started;

    void start(String batchId, Effect.Timer timer, long atNanos) {
        var due = new Due(new Key(batchId, timer), atNanos, started++);
        latest.put(due.key, due);
        queue.add(due);
    }

    void cancel(String batchId) {
        for (var timer : Effect.Timer.values()) {
            latest.remove(new Key(batchId, timer));
        }
    }

    /** @return a timer that is due, taken out */
    Optional<Key> due(long nowNanos) {
        for (var first = queue.peek(); first != null; first = queue.peek()) {
            if (!first.equals(latest.get(first.key))) {
                queue.remove();
            } else if (first.atNanos - nowNanos > 0) {
                return Optional.empty();
            } else {
                queue.remove();
                latest.remove(first.key);
                return Optional.of(first.key);
            }
        }
        return Optional.empty();
    }

    /** @return nanoseconds until the next one, 0 if it is due; empty if there is none */
    OptionalLong nanosToNext(long nowNanos) {
        var first = queue.peek();
        return first == null ? OptionalLong.empty() : OptionalLong.of(Math.max(0, first.atNanos - nowNanos));
    }

    record Key(String batchId, Effect.Timer timer) {}

    private record Due(Key key, long atNanos, long number) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            var byTime = Long.compare(atNanos - other.atNanos, 0);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }
}
