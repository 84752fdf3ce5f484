package dev.halfrate.processor.intake;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Rejection;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what was committed: {@code read = routed + rejected + dead_lettered}; tombstones are not requests.
 *
 * <p>Whether a routed request is accepted, absorbed or in conflict with another is its lane's to say.
 */
final class IntakeMeters {
    private final Counter read;
    private final Counter routed;
    private final Counter tombstones;
    private final Counter cancels;
    private final Counter restarts;
    private final AtomicLong gap = new AtomicLong();
    private final AtomicInteger stalled = new AtomicInteger();
    private final Map<Rejection, Counter> rejected = new EnumMap<>(Rejection.class);
    private final Map<DeadLetter.Reason, Counter> deadLettered = new EnumMap<>(DeadLetter.Reason.class);

    IntakeMeters(MeterRegistry meters) {
        read = counter(meters, "halfrate.requests.read", "Request records read, tombstones not counted");
        routed = counter(meters, "halfrate.requests.routed", "Requests handed to a lane");
        tombstones = counter(meters, "halfrate.requests.tombstones", "Records without a value, ignored");
        cancels = counter(meters, "halfrate.requests.cancels", "Records that cancel a request sent before");
        restarts = counter(meters, "halfrate.intake.restarts", "Times that intake started over with new clients");
        Gauge.builder("halfrate.intake.gap", gap, AtomicLong::get)
                .description("Requests that were read here and of which nothing is known; not 0 is a defect")
                .register(meters);
        Gauge.builder("halfrate.intake.stalled", stalled, AtomicInteger::get)
                .description("Partitions whose requests wait for the schema registry")
                .register(meters);
        for (var rejection : Rejection.values()) {
            var counter = counter(
                    meters,
                    "halfrate.requests.rejected",
                    "Requests answered before they got to a lane",
                    "code",
                    rejection.code());
            rejected.put(rejection, counter);
        }
        for (var reason : DeadLetter.Reason.values()) {
            var word = reason.name().toLowerCase(Locale.ROOT);
            var counter = counter(
                    meters, "halfrate.requests.dead_lettered", "Records that no result can answer", "reason", word);
            deadLettered.put(reason, counter);
        }
    }

    private static Counter counter(MeterRegistry meters, String name, String description, String... tags) {
        return Counter.builder(name).description(description).tags(tags).register(meters);
    }

    void count(Sorted sorted) {
        read.increment(sorted.counts().values().stream()
                .mapToDouble(counts -> (double) counts.read())
                .sum());
        routed.increment(sorted.routed());
        tombstones.increment(sorted.tombstones());
        cancels.increment(sorted.cancels().size());
        for (var answer : sorted.answers()) {
            increment(rejected, answer.rejection());
        }
        for (var letter : sorted.deadLetters()) {
            increment(deadLettered, letter.reason());
        }
    }

    /** @param counts of the partitions that are read here */
    void showGap(Collection<ReadCounts> counts) {
        gap.set(counts.stream().mapToLong(ReadCounts::gap).sum());
    }

    /** @param partitions that wait */
    void showStalled(int partitions) {
        stalled.set(partitions);
    }

    void countRestart() {
        restarts.increment();
    }

    private static <K> void increment(Map<K, Counter> counters, K key) {
        var counter = counters.get(key);
        if (counter != null) {
            counter.increment();
        }
    }
}
