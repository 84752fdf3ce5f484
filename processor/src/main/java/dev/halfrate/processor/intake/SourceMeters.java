package dev.halfrate.processor.intake;

import dev.halfrate.processor.balance.ReadCounts;
import dev.halfrate.processor.codec.DeadLetter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what was committed, by source: {@code read = rendered + skipped + dead_lettered}; tombstones are no events. */
final class SourceMeters {
    private final MeterRegistry meters;
    private final AtomicLong gap = new AtomicLong();

    /** Why an event becomes no request. */
    enum Skip {
        /** The source's condition does not take it. */
        WHEN,
        /** It is older than a request lives. */
        EXPIRED
    }

    SourceMeters(MeterRegistry meters) {
        this.meters = meters;
        Gauge.builder("halfrate.sources.gap", gap, AtomicLong::get)
                .description("Events that were read here and of which nothing is known; not 0 is a defect")
                .register(meters);
    }

    void countRendered(String source) {
        countRead(source);
        counter("halfrate.events.rendered", "Requests made of events", "source", source)
                .increment();
    }

    void countSkipped(String source, Skip reason) {
        countRead(source);
        counter(
                        "halfrate.events.skipped",
                        "Events that become no request",
                        "source",
                        source,
                        "reason",
                        reason.name().toLowerCase(Locale.ROOT))
                .increment();
    }

    void countDeadLettered(String source, DeadLetter.Reason reason) {
        countRead(source);
        counter(
                        "halfrate.events.dead_lettered",
                        "Events of which no request can be made",
                        "source",
                        source,
                        "reason",
                        reason.name().toLowerCase(Locale.ROOT))
                .increment();
    }

    private void countRead(String source) {
        counter("halfrate.events.read", "Events read, once for each source of their topic", "source", source)
                .increment();
    }

    void countTombstone() {
        counter("halfrate.events.tombstones", "Records without a value, ignored")
                .increment();
    }

    void countRestart() {
        counter("halfrate.sources.restarts", "Times that the reading of events started over with new clients")
                .increment();
    }

    private Counter counter(String name, String description, String... tags) {
        return Counter.builder(name).description(description).tags(tags).register(meters);
    }

    /** @param counts of the partitions that are read here */
    void showGap(Collection<ReadCounts> counts) {
        gap.set(counts.stream().mapToLong(ReadCounts::gap).sum());
    }
}
