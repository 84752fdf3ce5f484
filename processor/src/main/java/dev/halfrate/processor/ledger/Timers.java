package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Effect;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

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

    /** Those of twins and deadlines go on: they have nothing to do with the batch's own state. */
    void cancel(String batchId) {
        for (var timer : Effect.Timer.values()) {
            if (timer != Effect.Timer.TWIN && timer != Effect.Timer.DEADLINE) {
                latest.remove(new Key(batchId, timer));
            }
        }
    }

    /** @return a timer that is due, taken out */
    Optional<Key> due(long nowNanos) {
        var first = first();
        if (first == null || first.atNanos - nowNanos > 0) {
            return Optional.empty();
        }
        queue.remove();
        latest.remove(first.key);
        return Optional.of(first.key);
    }

    /** @return nanoseconds until the next one, 0 if it is due; empty if there is none */
    OptionalLong nanosToNext(long nowNanos) {
        var first = first();
        return first == null ? OptionalLong.empty() : OptionalLong.of(Math.max(0, first.atNanos - nowNanos));
    }

    /** Drops those that were replaced or cancelled on the way. */
    private @Nullable Due first() {
        var first = queue.peek();
        while (first != null && !first.equals(latest.get(first.key))) {
            queue.remove();
            first = queue.peek();
        }
        return first;
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
