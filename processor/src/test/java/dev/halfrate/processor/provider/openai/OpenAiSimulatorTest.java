package dev.halfrate.processor.provider.openai;

import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.Deadline;
import dev.halfrate.processor.provider.Provider;
import dev.halfrate.processor.provider.ProviderContract;
import dev.halfrate.processor.provider.StoredFileContract;
import dev.halfrate.processor.provider.http.RawVendor;
import dev.halfrate.simulator.Simulator;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Nested;

/** The contract, kept by the client over a real socket against the simulated vendors that speak like OpenAI. */
class OpenAiSimulatorTest {

    @Nested
    class OpenAi extends StoredFiles {
        OpenAi() {
            super("/v1", "");
        }
    }

    @Nested
    class Azure extends StoredFiles {
        Azure() {
            super("/azure/openai/v1", "http: {key-header: api-key}");
        }
    }

    @Nested
    class AzureOfOld extends StoredFiles {
        AzureOfOld() {
            super("/azure/openai", "http: {key-header: api-key, query: {api-version: 2024-10-21}}");
        }
    }

    @Nested
    class Groq extends StoredFiles {
        Groq() {
            super("/groq/openai/v1", "");
        }
    }

    private static AccountConfig account(Simulator simulator, String path, String more) {
        return ConfigFile.parse(
                        """
                        kafka: {bootstrap.servers: none}
                        accounts:
                          - name: main
                            base-url: %s
                            key: {env: KEY}
                            %s
                        """.formatted(URI.create(simulator.baseUrl().toString()).resolve(path), more),
                        Map.of("KEY", "sk-1"))
                .accounts()
                .getFirst();
    }

    private static OpenAiProvider provider(
            Simulator simulator, String path, String more, AtomicReference<Instant> time) {
        return OpenAiProvider.of(account(simulator, path, more), RawVendor.timeouts(Duration.ofSeconds(20)), time::get);
    }

    abstract static class StoredFiles extends StoredFileContract {
        @AutoClose
        private final OpenAiProvider provider;

        StoredFiles(String path, String more) {
            provider = OpenAiSimulatorTest.provider(simulator, path, more, vendorTime);
        }

        @Override
        protected Provider provider() {
            return provider;
        }
    }

    @Nested
    class Gateway extends ProviderContract {
        @AutoClose
        private final OpenAiProvider provider = OpenAiSimulatorTest.provider(
                simulator, "/gateway/v1", "create: {inline-field: input_file_content}", vendorTime);

        Gateway() {
            super("/v1/chat/completions", "gpt-4o-mini");
        }

        @Override
        protected CreateOutcome create(String tag, Path lines, Deadline deadline) {
            return provider.create(new Provider.Create(
                    tag, "b-1", "/v1/chat/completions", "gpt-4o-mini", "", List.of(), "24h", "", lines, deadline));
        }

        @Override
        protected Provider provider() {
            return provider;
        }
    }
}
