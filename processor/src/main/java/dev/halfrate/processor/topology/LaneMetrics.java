package dev.halfrate.processor.topology;

import dev.halfrate.processor.balance.LaneName;
import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.lane.ClosedBy;
import dev.halfrate.processor.lane.LaneState;
import dev.halfrate.processor.lane.Turnarounds;
import dev.halfrate.schemas.internal.LaneId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.function.ToLongFunction;

/**
 * What the lanes show. Counters include what an aborted transaction did again, so they may run ahead after a
 * crash; gauges are exact.
 */
final class LaneMetrics {
    /** Producers choose models, so the number of lanes has no bound; those beyond this share one gauge. */
    private static final int LANES_SHOWN_MAX = 200;

    private static final String WAITING = "halfrate.lane.waiting";
    private static final String DELAYED = "halfrate.lane.delayed";
    private static final String IN_FLIGHT = "halfrate.lane.batches_in_flight";
    private static final String REQUESTS = "halfrate.lane.requests";
    private static final String TURNAROUND = "halfrate.lane.turnaround";
    private static final String GAP = "halfrate.balance.gap";
    private static final String ESTIMATE_ERROR = "halfrate.lane.estimate_error";
    private static final String QUOTA_USABLE = "halfrate.quota.usable";
    private static final String QUOTA_RESERVED = "halfrate.quota.reserved";

    /** Requests since there is the lane, by what became of them; whatever process had the lane. */
    private static final Map<String, ToLongFunction<LaneTotals>> BECAME = Map.of(
            "accepted", LaneTotals::accepted,
            "absorbed", LaneTotals::absorbed,
            "id_conflict", LaneTotals::conflicts,
            "succeeded", LaneTotals::succeeded,
            "failed", LaneTotals::failed,
            "expired", LaneTotals::expired,
            "cancelled", LaneTotals::cancelled,
            "rejected", LaneTotals::rejected);

    private final MeterRegistry registry;
    private final Counter accepted;
    private final Counter absorbed;
    private final Counter expired;
    private final Counter diverted;
    private final Counter cancelled;
    private final Counter rejected;
    private final AtomicInteger paused;
    private final Map<String, Level> levels = new HashMap<>();
    private final Map<String, Money> budgets = new HashMap<>();

    LaneMetrics(MeterRegistry registry) {
        this.registry = registry;
        paused = new AtomicInteger();
        Gauge.builder("halfrate.lane.pauses", paused, AtomicInteger::get)
                .description("Lanes and accounts that an operator has paused")
                .register(registry);
        accepted = Counter.builder("halfrate.requests.accepted")
                .description("Requests that a lane took in; each gets a result of its own")
                .register(registry);
        absorbed = Counter.builder("halfrate.requests.absorbed")
                .description("Repeated requests that the first one's result answers")
                .register(registry);
        diverted = Counter.builder("halfrate.requests.diverted")
                .description("Requests of mode auto that are sent alone because no batch would meet their deadlines")
                .register(registry);
        expired = Counter.builder("halfrate.requests.ended")
                .description("Requests that ended before a batch took them")
                .tag("status", "expired")
                .register(registry);
        cancelled = Counter.builder("halfrate.requests.ended")
                .tag("status", "cancelled")
                .register(registry);
        rejected = Counter.builder("halfrate.requests.ended")
                .tag("status", "rejected")
                .register(registry);
    }

    void cancelled() {
        cancelled.increment();
    }

    void rejected() {
        rejected.increment();
    }

    void accepted() {
        accepted.increment();
    }

    void absorbed() {
        absorbed.increment();
    }

    void diverted(int requests) {
        diverted.increment(requests);
    }

    void expired() {
        expired.increment();
    }

    /** Of one name with intake's, which has the description. */
    void deadLettered(DeadLetter.Reason reason) {
        counter("halfrate.requests.dead_lettered", "reason", reason).increment();
    }

    void sealed(ClosedBy by) {
        counter("halfrate.batches.sealed", "by", by).increment();
    }

    /** Tasks of this process show their pauses together. */
    IntConsumer pauses() {
        var mine = new AtomicInteger();
        return count -> paused.addAndGet(count - mine.getAndSet(count));
    }

    /** A signal or command that is late, repeated, or not for the lanes. */
    void ignored(Enum<?> kind) {
        counter("halfrate.lane.ignored", "kind", kind).increment();
    }

    private Counter counter(String name, String tag, Enum<?> value) {
        return registry.counter(name, tag, value.name().toLowerCase(Locale.ROOT));
    }

    /** The lane has to leave its level again. */
    synchronized Level level(LaneId lane) {
        var name = LaneName.of(lane);
        var shown = levels.containsKey(name) || levels.size() < LANES_SHOWN_MAX ? name : "other";
        var level = levels.computeIfAbsent(shown, this::register);
        level.lanes++;
        return level;
    }

    private Level register(String lane) {
        var level = new Level(lane);
        Gauge.builder(WAITING, level.waiting, AtomicInteger::get)
                .description("Requests that wait for a batch")
                .tag("lane", lane)
                .register(registry);
        Gauge.builder(DELAYED, level.delayed, AtomicInteger::get)
                .description("Requests that are to be tried again later")
                .tag("lane", lane)
                .register(registry);
        Gauge.builder(IN_FLIGHT, level.inFlight, AtomicInteger::get)
                .description("Batches sealed and not settled")
                .tag("lane", lane)
                .register(registry);
        BECAME.forEach((became, of) -> Gauge.builder(REQUESTS, level.totals, totals -> of.applyAsLong(totals.get()))
                .description("Requests since there is the lane, by what became of them")
                .tag("lane", lane)
                .tag("became", became)
                .register(registry));
        Gauge.builder(REQUESTS, level.inBatches, AtomicLong::get)
                .tag("lane", lane)
                .tag("became", "in_batch")
                .register(registry);
        List.of(0, 50, 90)
                .forEach(percent -> Gauge.builder(
                                TURNAROUND, level.turnarounds, turnarounds -> seconds(turnarounds.get(), percent))
                        .description(
                                "How long the lane's last remote batches took at most, of so many percent of them; 0 is the least")
                        .baseUnit("seconds")
                        .tag("lane", lane)
                        .tag("percent", String.valueOf(percent))
                        .register(registry));
        Gauge.builder(GAP, level.gap, AtomicLong::get)
                .description("Requests of which nothing is known; not 0 is a defect")
                .tag("lane", lane)
                .register(registry);
        return level;
    }

    private static double seconds(Turnarounds turnarounds, int percent) {
        return turnarounds.last().isEmpty()
                ? Double.NaN
                : turnarounds.within(percent, Duration.ZERO).toMillis() / 1000.0;
    }

    /** The model has to leave it again. */
    synchronized Enqueued enqueued(String pool, String model) {
        return new Enqueued(pool, model);
    }

    private synchronized void left(Level level) {
        level.lanes--;
        if (level.lanes == 0) {
            levels.remove(level.name);
            for (var gauge : List.of(WAITING, DELAYED, IN_FLIGHT, REQUESTS, TURNAROUND, GAP, ESTIMATE_ERROR)) {
                registry.find(gauge).tag("lane", level.name).meters().forEach(registry::remove);
            }
        }
    }

    /** Sums over the lanes of one name, which may belong to several tasks. */
    final class Level {
        private final String name;
        private final AtomicInteger waiting = new AtomicInteger();
        private final AtomicInteger delayed = new AtomicInteger();
        private final AtomicInteger inFlight = new AtomicInteger();
        private final AtomicReference<LaneTotals> totals = new AtomicReference<>(LaneTotals.NONE);
        private final AtomicReference<Turnarounds> turnarounds = new AtomicReference<>(Turnarounds.NONE);
        private final AtomicLong inBatches = new AtomicLong();
        private final AtomicLong gap = new AtomicLong();
        private final DistributionSummary estimateError;
        private int lanes;

        private Level(String name) {
            this.name = name;
            this.estimateError = DistributionSummary.builder(ESTIMATE_ERROR)
                    .description(
                            "How far estimates of a batch's input tokens were off, as a share of what the vendor reported")
                    .tag("lane", name)
                    .register(registry);
        }

        /** @param error of a batch's estimate, relative and without its sign */
        void estimated(double error) {
            estimateError.record(error);
        }

        void change(LaneState from, LaneState to) {
            waiting.addAndGet(to.queue().items() - from.queue().items());
            delayed.addAndGet(to.delayed() - from.delayed());
            inFlight.addAndGet(to.inFlight() - from.inFlight());
        }

        void add(LaneTotals more) {
            totals.accumulateAndGet(more, LaneTotals::plus);
        }

        void turnarounds(Turnarounds latest) {
            if (!latest.last().isEmpty()) {
                turnarounds.set(latest);
            }
        }

        void addInBatches(long more) {
            inBatches.addAndGet(more);
        }

        void addGap(long more) {
            gap.addAndGet(more);
        }

        void leave() {
            left(this);
        }
    }

    /** @param limitPicos of the budget of that name, in millionths of a millionth of a dollar */
    synchronized Money budget(String name, long limitPicos) {
        return budgets.computeIfAbsent(name, _ -> new Money(name, limitPicos));
    }

    /** What a budget's lanes have spent and reserved, which may belong to several tasks only while they move. */
    final class Money {
        private final Map<Object, long[]> parts = new ConcurrentHashMap<>();

        private Money(String name, long limitPicos) {
            Gauge.builder("halfrate.budget.limit", () -> limitPicos / 1e12)
                    .description("US dollars that may be spent in a period")
                    .tag("budget", name)
                    .register(registry);
            Gauge.builder("halfrate.budget.spent", this, money -> money.dollars(0))
                    .description("US dollars spent in the present period")
                    .tag("budget", name)
                    .register(registry);
            Gauge.builder("halfrate.budget.reserved", this, money -> money.dollars(1))
                    .description("US dollars that batches sealed and not settled may cost at most")
                    .tag("budget", name)
                    .register(registry);
        }

        private double dollars(int part) {
            return parts.values().stream().mapToLong(figures -> figures[part]).sum() / 1e12;
        }

        void show(Object task, long spentPicos, long reservedPicos) {
            parts.put(task, new long[] {spentPicos, reservedPicos});
        }

        void leave(Object task) {
            parts.remove(task);
        }
    }

    /** A quota of enqueued tokens; not shown as long as there is none. */
    final class Enqueued {
        private final String pool;
        private final String model;
        private final AtomicLong usable = new AtomicLong();
        private final AtomicLong reserved = new AtomicLong();
        private boolean shown;

        private Enqueued(String pool, String model) {
            this.pool = pool;
            this.model = model;
        }

        /** @param tokens that may be reserved, 0 if there is no limit */
        void show(long tokens, long reservedTokens) {
            usable.set(tokens);
            reserved.set(reservedTokens);
            if (tokens > 0 && !shown) {
                shown = true;
                Gauge.builder(QUOTA_USABLE, usable, AtomicLong::get)
                        .description("Input tokens that may be enqueued at the vendor at a time, by estimate")
                        .tags("pool", pool, "model", model)
                        .register(registry);
                Gauge.builder(QUOTA_RESERVED, reserved, AtomicLong::get)
                        .description("Input tokens of batches sealed and not settled, by estimate")
                        .tags("pool", pool, "model", model)
                        .register(registry);
            }
        }

        void leave() {
            for (var gauge : List.of(QUOTA_USABLE, QUOTA_RESERVED)) {
                registry.find(gauge).tags("pool", pool, "model", model).meters().forEach(registry::remove);
            }
        }
    }
}
