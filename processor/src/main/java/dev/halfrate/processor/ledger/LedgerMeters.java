package dev.halfrate.processor.ledger;

import dev.halfrate.processor.balance.BatchFigures;
import dev.halfrate.processor.balance.Spends;
import dev.halfrate.processor.money.Report;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What the batches of this process's partitions come to, as their ledgers have it. */
final class LedgerMeters {
    private final Map<String, AtomicLong> batches = new HashMap<>();
    private final AtomicLong doubts;
    private final AtomicLong twins;
    private final AtomicLong billedTwice;
    private final AtomicLong released;
    private final AtomicLong missing;
    private final MoneyMeters money;
    private final AtomicLong called;
    private final AtomicLong hedged;
    private final AtomicLong late;

    LedgerMeters(MeterRegistry registry) {
        for (var state : LedgerState.values()) {
            var word = state.name().toLowerCase(Locale.ROOT);
            batches.put(word, gauge(registry, "halfrate.batches", "Batches by state", "state", word));
        }
        doubts =
                gauge(registry, "halfrate.doubts.open", "Batches whose last create is neither found nor proven absent");
        twins = gauge(registry, "halfrate.twins.open", "Second remote batches that may still execute lines");
        billedTwice = gauge(registry, "halfrate.billed_twice", "Lines of second remote batches, paid for on top");
        released = exposure(registry, "released");
        missing = exposure(registry, "missing");
        money = new MoneyMeters(registry);
        called = exposure(registry, "called");
        hedged = exposure(registry, "hedged");
        late = gauge(
                registry, "halfrate.late_lines", "Second answers, of the remote batch or of a call; paid for on top");
    }

    private static AtomicLong exposure(MeterRegistry registry, String reason) {
        return gauge(registry, "halfrate.exposure", "Lines that may be bought twice", "reason", reason);
    }

    private static AtomicLong gauge(MeterRegistry registry, String name, String description, String... tags) {
        var value = new AtomicLong();
        Gauge.builder(name, value, AtomicLong::get)
                .description(description)
                .tags(tags)
                .register(registry);
        return value;
    }

    private void add(BatchFigures figures, int sign) {
        var inState = batches.get(figures.state());
        if (inState != null) {
            inState.addAndGet(sign);
        }
        doubts.addAndGet(figures.doubt() ? sign : 0);
        twins.addAndGet(sign * figures.twins());
        billedTwice.addAndGet(sign * figures.billedTwice());
        released.addAndGet(sign * figures.released());
        missing.addAndGet(sign * figures.missing());
        called.addAndGet(sign * figures.called());
        hedged.addAndGet(sign * figures.hedged());
        late.addAndGet(sign * figures.late());
    }

    /** The share of one partition; for one thread. */
    final class Share implements AutoCloseable {
        private final Map<String, Known> known = new HashMap<>();

        private record Known(BatchFigures figures, List<Report.Row> spend) {}

        void put(LedgerRecord batch) {
            var spend = Spends.counted(batch, Instant.EPOCH);
            var now = new Known(BatchFigures.of(batch), Report.of(List.of(spend), MoneyMeters.BY));
            add(now.figures, 1);
            money.add(now.spend);
            forget(known.put(batch.getBatchId(), now));
        }

        void remove(String batchId) {
            forget(known.remove(batchId));
        }

        private void forget(@Nullable Known before) {
            if (before != null) {
                add(before.figures, -1);
                money.remove(before.spend);
            }
        }

        /** The partition goes to another owner. */
        @Override
        public void close() {
            known.values().forEach(this::forget);
            known.clear();
        }
    }
}
