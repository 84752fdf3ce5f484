package dev.halfrate.processor.provider.openai;

import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.StoredFileContract;
import dev.halfrate.processor.provider.http.RawVendor;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AutoClose;

/** The contract, kept by the client over a real socket against the simulated vendor. */
class OpenAiSimulatorTest extends StoredFileContract {
    private final AtomicReference<Instant> vendorTime = new AtomicReference<>(Instant.now());

    @AutoClose
    private final Simulator simulator = Simulator.start(SimulatorConfig.defaults(), vendorTime::get);

    @AutoClose
    private final OpenAiProvider provider = OpenAiProvider.of(
            RawVendor.account(simulator.baseUrl().toString()),
            RawVendor.timeouts(Duration.ofSeconds(20)),
            vendorTime::get);

    @Override
    protected Provider provider() {
        return provider;
    }

    @Override
    protected void pass(Duration time) {
        vendorTime.updateAndGet(now -> now.plus(time));
    }

    @Override
    protected Instant vendorNow() {
        return vendorTime.get();
    }

    @Override
    protected long createsReceived() {
        return simulator.billingBook().summary().createsReceived();
    }

    @Override
    protected long linesBilled() {
        return simulator.billingBook().summary().linesBilled();
    }
}
