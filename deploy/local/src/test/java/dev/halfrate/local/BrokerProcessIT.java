package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.Processor;
import dev.halfrate.processor.ops.TopicSetup;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerProcessIT {
    private static final Duration STALL_MAX = Duration.ofSeconds(120);
    private static final int REQUESTS = 300;

    @TempDir
    Path directory;

    @Test
    void brokerThatIsKilledAndComesBackCostsNoAnswerAndNoMoney() throws Exception {
        var simulation = SimulatorConfig.defaults().withSpeed(120).withDataDirectory(directory);
        try (var broker = BrokerProcess.start(Files.createDirectory(directory.resolve("broker")));
                var simulator = Simulator.start(simulation)) {
            // Given
            var config =
                    LocalSettings.config(broker.bootstrapServers(), simulator.baseUrl(), directory.resolve("state"));
            TopicSetup.ensure(config);
            try (var processor = Processor.start(config, new SimpleMeterRegistry())) {
                var demo = new Demo(
                        config,
                        processor.failure(),
                        RequestLines.generated(REQUESTS, 5),
                        null,
                        STALL_MAX,
                        Screen.plain(new PrintWriter(System.out, true, UTF_8)));

                // When the first batch is with the vendor
                var killed = new AtomicBoolean();
                var outcome = demo.run(() -> {
                    if (simulator.billingBook().summary().batchesCreated() > 0 && killed.compareAndSet(false, true)) {
                        killAndStartAgain(broker);
                    }
                    return false;
                });

                // Then
                assertThat(killed).isTrue();
                assertThat(outcome.isClean()).as(outcome.toString()).isTrue();
                var billing = simulator.billingBook().summary();
                assertThat(billing.linesBilled()).isEqualTo(REQUESTS);
                assertThat(billing.contentsBilledMoreThanOnce()).isZero();
            }
        }
    }

    private static void killAndStartAgain(BrokerProcess broker) {
        try {
            broker.killAndStartAgain();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
