package dev.halfrate.processor.callback;

import dev.halfrate.processor.codec.FeedReader;
import dev.halfrate.processor.config.HalfrateConfig;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/** Tells every configured endpoint what happens, each by itself. */
public final class Callbacks implements AutoCloseable {
    private final List<Teller> tellers;

    /** @throws dev.halfrate.processor.config.ConfigException if an endpoint is an address that no callback may go to */
    public Callbacks(HalfrateConfig config, FeedReader feeds, MeterRegistry meters) {
        config.callbacks().forEach(Teller::check);
        tellers = config.callbacks().stream()
                .map(callback -> new Teller(config, callback, feeds, meters))
                .toList();
    }

    /** Returns at once; whatever is in the way of a callback holds up that one only. */
    public void start() {
        tellers.forEach(Teller::start);
    }

    /** Waits for calls under way, for a bounded time; what they leave is told by the next process. */
    @Override
    public void close() {
        tellers.forEach(Teller::stop);
        tellers.forEach(Teller::close);
    }
}
