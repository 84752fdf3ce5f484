package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.Processor;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.simulator.BatchTimes;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A vendor that allows only so many enqueued tokens, which nobody has told Halfrate. */
@Tag("long")
class EnqueuedTokensIT {
    private static final int REQUESTS = 2_400;
    private static final long LIMIT = 30_000;
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    @TempDir
    Path directory;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<Sample> samples = new ArrayList<>();

    /** What the vendor has at a moment, and whether requests wait that it could have. */
    private record Sample(int lines, boolean work) {}

    @Test
    void onceLearnedTheLimitIsKeptFullAndNotHit() throws Exception {
        try (var broker = EmbeddedBroker.start(0, directory.resolve("broker"));
                var simulator = Simulator.start(SimulatorConfig.defaults()
                        .withSpeed(40)
                        .withBatchTimes(times())
                        .withDataDirectory(directory))) {
            var api = new SimulatorApi(simulator.baseUrl());
            api.limit("{\"enqueued_tokens\": {\"*\": %d}}".formatted(LIMIT));
            var config = config(broker, simulator);
            try (var processor = Processor.start(config, meters)) {
                var demo = new Demo(
                        config,
                        processor.failure(),
                        RequestLines.generated(REQUESTS, 7),
                        null,
                        Duration.ofSeconds(120),
                        Screen.plain(new PrintWriter(System.out, true, UTF_8)));
                var run = CompletableFuture.supplyAsync(() -> outcome(demo));
                watch(run, api);

                assertThat(run.join().isClean()).as(run.join().toString()).isTrue();
            }
            var tokens = api.inputTokens();
            var used = samples.stream()
                    .mapToDouble(sample -> (double) sample.lines() * tokens / REQUESTS / LIMIT)
                    .average()
                    .orElse(0);
            System.out.printf("%d samples, %.3f used of the limit%n", samples.size(), used);
            assertThat(used).isBetween(0.9, 1.0);
        }
    }

    private static Demo.Outcome outcome(Demo demo) {
        try {
            return demo.run(() -> false);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** From the first answers on, no batch is refused, and estimates hold. */
    private void watch(CompletableFuture<Demo.Outcome> run, SimulatorApi api) throws IOException, InterruptedException {
        while (!run.isDone() && count("succeeded") == 0) {
            TimeUnit.MILLISECONDS.sleep(LOOK_EVERY.toMillis());
        }
        var refused = refused(api.batches());
        assertThat(refused).as("batches refused before the limit was known").isPositive();
        var errors = errors();
        while (!run.isDone()) {
            var enqueued = api.batches().stream()
                    .filter(batch -> List.of("in_progress", "finalizing").contains(status(batch)))
                    .mapToInt(
                            batch -> batch.path("request_counts").path("total").asInt())
                    .sum();
            var sample = new Sample(enqueued, gauge("halfrate.lane.waiting") > REQUESTS / 20.0);
            if (sample.work()) {
                samples.add(sample);
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_EVERY.toMillis());
        }
        assertThat(refused(api.batches())).isEqualTo(refused);
        var later = errors();
        assertThat(later.count()).isGreaterThan(errors.count());
        assertThat((later.total() - errors.total()) / (later.count() - errors.count()))
                .isLessThan(0.1);
    }

    private record Errors(long count, double total) {}

    private Errors errors() {
        var error = meters.get("halfrate.lane.estimate_error").summary();
        return new Errors(error.count(), error.totalAmount());
    }

    private static long refused(List<JsonNode> batches) {
        return batches.stream().filter(batch -> status(batch).equals("failed")).count();
    }

    private static String status(JsonNode batch) {
        return batch.path("status").asText();
    }

    private double count(String became) {
        return meters.find("halfrate.lane.requests").tag("became", became).gauges().stream()
                .mapToDouble(gauge -> gauge.value())
                .sum();
    }

    private double gauge(String name) {
        return meters.find(name).gauges().stream()
                .mapToDouble(gauge -> gauge.value())
                .sum();
    }

    private static BatchTimes times() {
        return new BatchTimes(
                Duration.ofSeconds(5),
                Duration.ofMinutes(28),
                Duration.ofMinutes(32),
                Duration.ofSeconds(5),
                Duration.ofSeconds(10));
    }

    private HalfrateConfig config(EmbeddedBroker broker, Simulator simulator) throws IOException {
        return ConfigFile.parse("""
                state-dir: %s
                kafka: {bootstrap.servers: "%s"}
                topics: {partitions: 4, replication-factor: 1}
                accounts:
                  - name: main
                    base-url: %s
                    key: {file: %s}
                lanes: {age-max: 1s}
                ledger: {poll-delays: [100ms], poll-jitter: 0, probe-interval: 200ms}
                """.formatted(
                        directory.resolve("state"),
                        broker.bootstrapServers(),
                        simulator.baseUrl(),
                        Files.writeString(directory.resolve("key"), "local")));
    }
}
