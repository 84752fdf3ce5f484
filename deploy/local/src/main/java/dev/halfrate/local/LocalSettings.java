package dev.halfrate.local;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.LanesConfig;
import dev.halfrate.processor.config.LedgerConfig;
import dev.halfrate.processor.config.RequestsConfig;
import dev.halfrate.processor.config.TopicsConfig;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration for one machine and a simulator whose hours are seconds: small windows that close soon,
 * frequent polls, short waits. Everything else is as in production.
 */
final class LocalSettings {
    static final int WINDOW_REQUESTS_MAX = 250;
    static final Duration WINDOW_AGE_MAX = Duration.ofMillis(1_500);
    static final List<Duration> POLL_DELAYS =
            List.of(Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(2));

    private static final List<Duration> ITEM_RETRY_DELAYS = List.of(Duration.ofSeconds(1), Duration.ofSeconds(3));
    private static final int PARTITIONS = 2;

    /** When windows close. */
    record Windows(int requestsMax, Duration ageMax) {
        /** So that something is to be seen at once. */
        static final Windows SMALL = new Windows(WINDOW_REQUESTS_MAX, WINDOW_AGE_MAX);

        /** So that one can watch them fill. */
        static final Windows WATCHED = new Windows(200, Duration.ofSeconds(10));
    }

    private LocalSettings() {}

    /** With an account at each vendor that models are named after. */
    static HalfrateConfig config(String bootstrapServers, URI simulator, Path stateDirectory) {
        return config(bootstrapServers, simulator, stateDirectory, null, Windows.SMALL);
    }

    /** With one account, whatever the models are. */
    static HalfrateConfig config(String bootstrapServers, URI simulator, Path stateDirectory, Upstream only) {
        return config(bootstrapServers, simulator, stateDirectory, only, Windows.SMALL);
    }

    /** @param only whom all requests go to, whatever the models are; null for an account at each vendor, as above */
    static HalfrateConfig config(
            String bootstrapServers, URI simulator, Path stateDirectory, @Nullable Upstream only, Windows windows) {
        var accounts = only == null
                ? List.of(Upstream.ANTHROPIC.account(simulator, "claude-*"), Upstream.OPENAI.account(simulator, "*"))
                : List.of(only.account(simulator, "*"));
        return config(bootstrapServers, stateDirectory, accounts, windows);
    }

    private static HalfrateConfig config(
            String bootstrapServers, Path stateDirectory, List<AccountConfig> accounts, Windows windows) {
        return new HalfrateConfig(
                "halfrate",
                stateDirectory,
                Map.of("bootstrap.servers", bootstrapServers),
                topics(),
                new RequestsConfig(Duration.ofHours(72), 10_000_000),
                accounts,
                new LanesConfig(
                        windows.requestsMax(), 100_000_000, windows.ageMax(), 4, Duration.ofHours(1), 1_000_000),
                new LedgerConfig(
                        POLL_DELAYS,
                        0.1,
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(1),
                        Duration.ofHours(26),
                        Duration.ofSeconds(30),
                        3,
                        3,
                        ITEM_RETRY_DELAYS,
                        2,
                        "return",
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(5),
                        1_000_000_000));
    }

    static TopicsConfig topics() {
        return new TopicsConfig(
                List.of("llm.requests"),
                "llm.results",
                "llm.results.parts",
                "llm.batches",
                "llm.dlq",
                "llm.diagnostics",
                "llm.audit",
                "halfrate-lane-inbox",
                "halfrate-work",
                "halfrate-ledger",
                true,
                PARTITIONS,
                1);
    }
}
