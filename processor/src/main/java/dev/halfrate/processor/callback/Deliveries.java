package dev.halfrate.processor.callback;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;

/**
 * What an endpoint is still to be told, and in which order: of one batch never the next before the last was taken or given
 * up; others meanwhile. Pure: it is told the time. For one thread.
 */
final class Deliveries {
    private static final int STATUS_TOO_MANY = 429;
    private static final int STATUS_UNAVAILABLE = 503;

    private final Limits limits;
    private final RetryRules rules;
    private final Map<TopicPartition, Progress> partitions = new HashMap<>();

    /** Heads are due or under way, the others wait for them. None is empty. */
    private final Map<String, Deque<Delivery>> queues = new LinkedHashMap<>();

    private Instant quietUntil = Instant.MIN;
    private int inFlight;
    private int pending;
    private long bytes;

    Deliveries(Limits limits, RetryRules rules) {
        this.limits = limits;
        this.rules = rules;
    }

    /**
     * @param inFlightMax calls at a time
     * @param pendingMax events beyond which nothing more is to be read
     * @param bytesMax of their bodies, likewise
     */
    record Limits(int inFlightMax, int pendingMax, long bytesMax) {}

    /** What became of an event. */
    enum Fate {
        DELIVERED,
        RETRIED,
        GIVEN_UP,
        /** The endpoint wants no more of anything. */
        GONE,
        /** It is another process's by now, which tells it, too. */
        FORGOTTEN
    }

    /** An event on its way. */
    static final class Delivery {
        private final Event event;
        private int tries;
        private Instant dueAt;
        private boolean inFlight;
        private boolean forgotten;

        private Delivery(Event event, Instant dueAt) {
            this.event = event;
            this.dueAt = dueAt;
        }

        Event event() {
            return event;
        }

        int tries() {
            return tries;
        }
    }

    private static final class Progress {
        private final TreeSet<Long> unfinished = new TreeSet<>();
        private long next;

        long committable() {
            return unfinished.isEmpty() ? next : unfinished.first();
        }
    }

    /** It is due at once. */
    void add(Event event, Instant now) {
        progress(event.partition()).unfinished.add(event.offset());
        queues.computeIfAbsent(event.order(), _ -> new ArrayDeque<>()).add(new Delivery(event, now));
        pending++;
        bytes += event.body().length;
    }

    /** Everything before {@code next} was added, or is none of the endpoint's business. */
    void read(TopicPartition partition, long next) {
        progress(partition).next = next;
    }

    private Progress progress(TopicPartition partition) {
        return partitions.computeIfAbsent(partition, _ -> new Progress());
    }

    /** @return what is to be sent now, and is under way from now on */
    List<Delivery> due(Instant now) {
        if (now.isBefore(quietUntil) || inFlight >= limits.inFlightMax) {
            return List.of();
        }
        var due = waitingHeads().stream()
                .filter(delivery -> !delivery.dueAt.isAfter(now))
                .sorted(Comparator.comparing((Delivery delivery) -> delivery.dueAt))
                .limit(limits.inFlightMax - inFlight)
                .toList();
        for (var delivery : due) {
            delivery.inFlight = true;
            delivery.tries++;
            inFlight++;
        }
        return due;
    }

    /** @return when {@link #due} may have something again without a reply, empty if it will not */
    Optional<Instant> nextDue() {
        return inFlight >= limits.inFlightMax
                ? Optional.empty()
                : waitingHeads().stream()
                        .map(delivery -> delivery.dueAt)
                        .min(Comparator.naturalOrder())
                        .map(dueAt -> dueAt.isBefore(quietUntil) ? quietUntil : dueAt);
    }

    private List<Delivery> waitingHeads() {
        var heads = new ArrayList<Delivery>();
        for (var queue : queues.values()) {
            var head = queue.getFirst();
            if (!head.inFlight) {
                heads.add(head);
            }
        }
        return heads;
    }

    Fate replied(Delivery delivery, Reply reply, Instant now) {
        inFlight--;
        delivery.inFlight = false;
        if (delivery.forgotten) {
            return Fate.FORGOTTEN;
        }
        return switch (reply) {
            case Reply.Answered answer when answer.ok() -> finished(delivery, Fate.DELIVERED);
            case Reply.Answered answer when answer.gone() -> Fate.GONE;
            case Reply.Answered(var status, var retryAfter) -> {
                var fate = later(delivery, rules.delay(delivery.tries, retryAfter), now);
                if (retryAfter != null && (status == STATUS_TOO_MANY || status == STATUS_UNAVAILABLE)) {
                    quiet(rules.delay(1, retryAfter), now);
                }
                yield fate;
            }
            case Reply.Silent _ -> later(delivery, rules.delay(delivery.tries, null), now);
        };
    }

    private Fate later(Delivery delivery, Duration delay, Instant now) {
        if (rules.isOver(delivery.event, delivery.tries, now)) {
            return finished(delivery, Fate.GIVEN_UP);
        }
        delivery.dueAt = now.plus(delay);
        return Fate.RETRIED;
    }

    /** The endpoint asked for it, so it holds for all events. */
    private void quiet(Duration delay, Instant now) {
        var until = now.plus(delay);
        if (until.isAfter(quietUntil)) {
            quietUntil = until;
        }
    }

    private Fate finished(Delivery delivery, Fate fate) {
        var event = delivery.event;
        progress(event.partition()).unfinished.remove(event.offset());
        queues.computeIfPresent(event.order(), (_, queue) -> {
            queue.remove(delivery);
            return queue.isEmpty() ? null : queue;
        });
        leave(event);
        return fate;
    }

    private void leave(Event event) {
        pending--;
        bytes -= event.body().length;
    }

    /** Forgets partitions that are another process's now. */
    void drop(Collection<TopicPartition> gone) {
        partitions.keySet().removeAll(gone);
        for (var queue : queues.values()) {
            queue.removeIf(delivery -> {
                var drops = gone.contains(delivery.event.partition());
                if (drops) {
                    delivery.forgotten = true;
                    leave(delivery.event);
                }
                return drops;
            });
        }
        queues.values().removeIf(Deque::isEmpty);
    }

    /** @return for each partition where a new owner has to begin */
    Map<TopicPartition, Long> committable() {
        var offsets = new HashMap<TopicPartition, Long>();
        partitions.forEach((partition, progress) -> offsets.put(partition, progress.committable()));
        return offsets;
    }

    boolean isFull() {
        return pending >= limits.pendingMax || bytes >= limits.bytesMax;
    }

    int pending() {
        return pending;
    }

    int inFlight() {
        return inFlight;
    }
}
