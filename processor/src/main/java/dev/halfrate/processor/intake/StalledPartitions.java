package dev.halfrate.processor.intake;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Partitions whose next record cannot be read because nobody says with which schema. They are paused, longer each time
 * in a row, and read again from that record on; the others go on meanwhile.
 */
final class StalledPartitions {
    static final Duration PAUSE_MIN = Duration.ofMillis(200);
    static final Duration PAUSE_MAX = Duration.ofSeconds(10);

    /** So long a new schema may take without a word. */
    private static final Duration TOLD_AFTER = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(StalledPartitions.class);

    private final Reading reading;
    private final Map<TopicPartition, Stall> stalls = new HashMap<>();

    /**
     * @param since when it began
     * @param told whether the log has it
     * @param paused false while it is tried again
     */
    private record Stall(Instant since, Instant until, Duration pause, boolean told, boolean paused) {}

    StalledPartitions(Reading reading) {
        this.reading = reading;
    }

    /** Lets those be polled again whose time has come. */
    void resume(Consumer<?, ?> consumer, Instant now) {
        stalls.replaceAll((partition, stall) -> {
            if (!stall.paused() || now.isBefore(stall.until())) {
                return stall;
            }
            consumer.resume(List.of(partition));
            return new Stall(stall.since(), stall.until(), stall.pause(), stall.told(), false);
        });
    }

    /**
     * @param stalled what the last poll could not read, and from which offset on
     * @param moved partitions of the last poll that were read further than before, stalled or not
     */
    void stall(Consumer<?, ?> consumer, Map<TopicPartition, Long> stalled, Set<TopicPartition> moved, Instant now) {
        moved.forEach(this::release);
        var assigned = consumer.assignment();
        stalled.forEach((partition, offset) -> {
            if (!assigned.contains(partition)) {
                return;
            }
            consumer.seek(partition, offset);
            consumer.pause(List.of(partition));
            stalls.compute(partition, (_, before) -> next(partition, offset, before, now));
        });
        reading.showStalled(stalls.size());
    }

    void forget(Collection<TopicPartition> partitions) {
        stalls.keySet().removeAll(partitions);
        reading.showStalled(stalls.size());
    }

    private void release(TopicPartition partition) {
        var stall = stalls.remove(partition);
        if (stall != null && stall.told()) {
            LOG.info("intake: {} is read again", partition);
        }
    }

    private static Stall next(TopicPartition partition, long offset, @Nullable Stall before, Instant now) {
        if (before == null) {
            return new Stall(now, now.plus(PAUSE_MIN), PAUSE_MIN, false, true);
        }
        var tell = !before.told() && !now.isBefore(before.since().plus(TOLD_AFTER));
        if (tell) {
            LOG.warn("intake: {} waits at offset {} for the schema registry; nothing of it is lost", partition, offset);
        }
        var doubled = before.pause().multipliedBy(2);
        var pause = doubled.compareTo(PAUSE_MAX) < 0 ? doubled : PAUSE_MAX;
        return new Stall(before.since(), now.plus(pause), pause, before.told() || tell, true);
    }
}
