package dev.halfrate.processor.callback;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Figures of one endpoint. */
final class CallbackMeters {
    /** What became of a try, or of a record. */
    enum Outcome {
        DELIVERED,
        RETRIED,
        GIVEN_UP,
        UNREADABLE
    }

    private final MeterRegistry meters;
    private final String endpoint;
    private final AtomicLong lag = new AtomicLong();
    private final AtomicBoolean disabled = new AtomicBoolean();

    CallbackMeters(MeterRegistry meters, String endpoint) {
        this.meters = meters;
        this.endpoint = endpoint;
        Gauge.builder("halfrate.callbacks.lag", lag, AtomicLong::get)
                .description("Records that an endpoint may have to be told and was not")
                .tag("endpoint", endpoint)
                .register(meters);
        Gauge.builder("halfrate.callbacks.disabled", disabled, it -> it.get() ? 1 : 0)
                .description("Whether an endpoint said that it is gone")
                .tag("endpoint", endpoint)
                .register(meters);
        for (var outcome : Outcome.values()) {
            counter(outcome);
        }
    }

    void count(Outcome outcome) {
        counter(outcome).increment();
    }

    private Counter counter(Outcome outcome) {
        return Counter.builder("halfrate.callbacks")
                .description("Callbacks by what became of them")
                .tag("endpoint", endpoint)
                .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                .register(meters);
    }

    void lag(long records) {
        lag.set(records);
    }

    void disabled() {
        disabled.set(true);
    }
}
