package dev.halfrate.processor.topology;

import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.lane.ClosedBy;
import dev.halfrate.processor.lane.LaneState;
import dev.halfrate.schemas.internal.LaneId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the lanes show. Counters include what an aborted transaction did again, so they may run ahead after a
 * crash; gauges are exact.
 */
final class LaneMetrics {
    /** Producers choose models, so the number of lanes has no bound; those beyond this share one gauge. */
    private static final int LANES_SHOWN_MAX = 200;

    private final MeterRegistry registry;
    private final Counter accepted;
    private final Counter absorbed;
    private final Counter expired;
    private final Map<String, Level> levels = new ConcurrentHashMap<>();

    LaneMetrics(MeterRegistry registry) {
        this.registry = registry;
        accepted = Counter.builder("halfrate.requests.accepted")
                .description("Requests that a lane took in; each gets a result of its own")
                .register(registry);
        absorbed = Counter.builder("halfrate.requests.absorbed")
                .description("Repeated requests that the first one's result answers")
                .register(registry);
        expired = Counter.builder("halfrate.requests.ended")
                .description("Requests that ended before a batch took them")
                .tag("status", "expired")
                .register(registry);
    }

    void accepted() {
        accepted.increment();
    }

    void absorbed() {
        absorbed.increment();
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

    /** A signal or command that is late, repeated, or not for the lanes. */
    void ignored(Enum<?> kind) {
        counter("halfrate.lane.ignored", "kind", kind).increment();
    }

    private Counter counter(String name, String tag, Enum<?> value) {
        return registry.counter(name, tag, value.name().toLowerCase(Locale.ROOT));
    }

    Level level(LaneId lane) {
        var name = lane.getAccount() + "/" + lane.getModel() + lane.getEndpoint();
        var shown = levels.containsKey(name) || levels.size() < LANES_SHOWN_MAX ? name : "other";
        return levels.computeIfAbsent(shown, this::register);
    }

    private Level register(String lane) {
        var level = new Level(new AtomicInteger(), new AtomicInteger());
        Gauge.builder("halfrate.lane.waiting", level.waiting, AtomicInteger::get)
                .description("Requests that wait for a batch")
                .tag("lane", lane)
                .register(registry);
        Gauge.builder("halfrate.lane.batches_in_flight", level.inFlight, AtomicInteger::get)
                .description("Batches sealed and not settled")
                .tag("lane", lane)
                .register(registry);
        return level;
    }

    /** Sums over the lanes of one name, which may belong to several tasks. */
    record Level(AtomicInteger waiting, AtomicInteger inFlight) {
        void change(LaneState from, LaneState to) {
            waiting.addAndGet(to.queue().items() - from.queue().items());
            inFlight.addAndGet(to.inFlight() - from.inFlight());
        }
    }
}
