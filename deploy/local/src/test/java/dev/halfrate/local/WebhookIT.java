package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Polls are hours apart here, so what is answered was announced. */
class WebhookIT {
    private static final int REQUESTS = 200;
    private static final String SECRET = "whsec_c2VjcmV0";

    @TempDir
    Path directory;

    @Test
    void whatIsAnnouncedToOneProcessIsCollectedByWhicheverOwnsIt() throws Exception {
        var port = freePort();
        try (var broker = EmbeddedBroker.start(0, directory.resolve("broker"));
                var simulator = Simulator.start(
                        SimulatorConfig.defaults().withSpeed(120).withDataDirectory(directory));
                var listening = Processor.start(
                        config(broker, simulator, "listening", "webhooks: {port: %d}".formatted(port)),
                        new SimpleMeterRegistry());
                var other = Processor.start(config(broker, simulator, "other", ""), new SimpleMeterRegistry())) {
            announceTo(simulator, port);

            var outcome = new Demo(
                            config(broker, simulator, "demo", ""),
                            listening.failure(),
                            RequestLines.generated(REQUESTS, 7),
                            null,
                            Duration.ofSeconds(60),
                            Screen.plain(new PrintWriter(System.out, true, UTF_8)))
                    .run(() -> false);

            assertThat(other.failure()).isNotDone();
            assertThat(outcome.isClean()).as(outcome.toString()).isTrue();
        }
    }

    private HalfrateConfig config(EmbeddedBroker broker, Simulator simulator, String process, String webhooks)
            throws IOException {
        var secret = Files.writeString(directory.resolve("secret"), SECRET);
        return ConfigFile.parse("""
                state-dir: %s
                kafka: {bootstrap.servers: "%s"}
                topics: {partitions: 4, replication-factor: 1}
                accounts:
                  - name: main
                    base-url: %s
                    key: {file: %s}
                    webhook-secrets: [{file: %s}]
                lanes: {requests-max: 40, age-max: 1s}
                ledger: {poll-delays: [6h]}
                %s
                """.formatted(
                directory.resolve(process), broker.bootstrapServers(), simulator.baseUrl(), secret, secret, webhooks));
    }

    private static void announceTo(Simulator simulator, int port) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(simulator.baseUrl().resolve("/control/webhook"))
                    .PUT(BodyPublishers.ofString("{\"url\":\"http://127.0.0.1:%d/webhooks/main\",\"secret\":\"%s\"}"
                            .formatted(port, SECRET)))
                    .build();
            assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
