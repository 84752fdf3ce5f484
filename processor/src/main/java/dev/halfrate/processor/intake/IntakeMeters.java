package dev.halfrate.processor.intake;

import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Rejection;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * Counts what was committed: {@code read = routed + rejected + dead_lettered}; tombstones are not requests.
 *
 * <p>Whether a routed request is accepted, absorbed or in conflict with another is its lane's to say.
 */
final class IntakeMeters {
    private final Counter read;
    private final Counter routed;
    private final Counter tombstones;
    private final Counter restarts;
    private final Map<Rejection, Counter> rejected = new EnumMap<>(Rejection.class);
    private final Map<DeadLetter.Reason, Counter> deadLettered = new EnumMap<>(DeadLetter.Reason.class);

    IntakeMeters(MeterRegistry meters) {
        read = Counter.builder("halfrate.requests.read")
                .description("Request records read, tombstones not counted")
                .register(meters);
        routed = Counter.builder("halfrate.requests.routed")
                .description("Requests handed to a lane")
                .register(meters);
        tombstones = Counter.builder("halfrate.requests.tombstones")
                .description("Records without a value, ignored")
                .register(meters);
        restarts = Counter.builder("halfrate.intake.restarts")
                .description("Times that intake closed its Kafka clients and started over")
                .register(meters);
        for (var rejection : Rejection.values()) {
            rejected.put(
                    rejection,
                    Counter.builder("halfrate.requests.rejected")
                            .description("Requests answered before they got to a lane")
                            .tag("code", rejection.code())
                            .register(meters));
        }
        for (var reason : DeadLetter.Reason.values()) {
            deadLettered.put(
                    reason,
                    Counter.builder("halfrate.requests.dead_lettered")
                            .description("Records that no result can answer")
                            .tag("reason", reason.name().toLowerCase(Locale.ROOT))
                            .register(meters));
        }
    }

    void count(int records, Sorted sorted) {
        read.increment(records - sorted.tombstones());
        routed.increment(sorted.routed());
        tombstones.increment(sorted.tombstones());
        for (var answer : sorted.answers()) {
            increment(rejected, answer.rejection());
        }
        for (var letter : sorted.deadLetters()) {
            increment(deadLettered, letter.reason());
        }
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
