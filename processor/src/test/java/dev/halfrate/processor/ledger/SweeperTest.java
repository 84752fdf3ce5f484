package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.config.LimitsConfig;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.SweepOutcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

class SweeperTest {
    private final VirtualHttp http = new VirtualHttp();

    private AccountGate gate(String account) {
        return new AccountGate(
                account,
                http,
                new Semaphore(1),
                LimitsConfig.VENDORS,
                Duration.ofMinutes(10),
                Duration.ofMinutes(1),
                ActorClock.system(),
                new SimpleMeterRegistry());
    }

    @Test
    void aPausedAccountKeepsNoOtherFromBeingSearched() throws InterruptedException {
        http.swept = new SweepOutcome.Swept(List.of());
        var gates = new LinkedHashMap<String, AccountGate>();
        gates.put("paused", gate("paused"));
        gates.put("working", gate("working"));
        gates.get("paused")
                .call(_ -> new PollOutcome.Refused(new Refusal(Refusal.Kind.KEY, 401, "code", "message", null)));
        var listed = new CopyOnWriteArrayList<String>();
        var sweeper =
                new Sweeper(gates, Duration.ofMillis(20), InstantSource.system(), (account, _) -> listed.add(account));
        try (sweeper) {
            sweeper.start();
            await().until(() -> listed.size() >= 2);
        }

        assertThat(listed).containsOnly("working");
    }
}
