package dev.halfrate.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.process.TrialException;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;

/** From requests on Kafka to results on Kafka, beside the script that everyone writes first. */
final class RoadMeasure implements Measure {
    private static final int REQUESTS = 50_000;
    /** Of the processor alone. Rounds are short here, and a JVM compiles for as long as elsewhere. */
    private static final int WARM_UP = 15;

    private static final int WARM_UP_OF_BOTH = 1;

    private static final int REQUEST_BYTES = 2_000;
    private static final int ANSWER_BYTES = 2_000;
    private static final Duration WITHIN = Duration.ofMinutes(3);
    private static final ObjectMapper JSON = new ObjectMapper();

    @Override
    public String name() {
        return "road";
    }

    @Override
    public String question() {
        return "How long do 50,000 requests take from the requests topic to the results topic, and in how much memory?";
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        var count = bench.count(REQUESTS, 1_000);
        var directory = bench.newDirectory(bench.newName("script"));
        var script = directory.resolve("first_script.py");
        try (var source = RoadMeasure.class.getResourceAsStream("first_script.py")) {
            Files.copy(source, script, StandardCopyOption.REPLACE_EXISTING);
        }
        var prompts = prompts(directory, count);
        try (var upstream = NullUpstream.start();
                var processor =
                        HalfrateProcess.start(bench, bench.newName("road"), 1, upstream.url(), """
                        lanes: {requests-max: %d, age-max: 1h, batches-in-flight-max: 10000}
                        ledger: {poll-delays: [100ms], poll-jitter: 0}
                        """.formatted(count));
                var dam = new Dam(bench.bootstrapServers(), processor.requestsTopic(), 1);
                var settled = new Settled(bench.bootstrapServers(), processor)) {
            upstream.answerAtLength(ANSWER_BYTES);
            var ours = new Rounds(WARM_UP + WARM_UP_OF_BOTH);
            var scripts = new Rounds(WARM_UP_OF_BOTH);
            for (var round = 0; round < bench.rounds() + WARM_UP + WARM_UP_OF_BOTH; round++) {
                if (round >= WARM_UP) {
                    var outcome = runScript(directory, script, upstream, prompts);
                    scripts.add(
                            bench,
                            "script",
                            count,
                            outcome.path("seconds").asDouble(),
                            outcome.path("processor_seconds").asDouble(),
                            outcome.path("peak_bytes").asLong());
                }
                dam.fill(count, new Prompts().requests("r" + round, REQUEST_BYTES, List.of("model-0")));
                var end = (round + 1L) * count;
                ours.add(bench, "processor", count, processor.jvm(), () -> {
                    var from = dam.open();
                    Waiting.until(
                            "all requests are answered", WITHIN, () -> settled.requests() >= end, processor.jvm());
                    return Duration.ofNanos(System.nanoTime() - from);
                });
            }
            var costs = List.of(ours.cost("processor"), scripts.cost("script"));
            var against = "everyone's first script: JSONL, answers and all in the memory of one Python process";
            return List.of(
                    new Row(
                            name(),
                            "whole road, %,d requests, instant upstream: speed".formatted(count),
                            "requests/s",
                            ours.rates(),
                            scripts.rates(),
                            against,
                            Goal.atLeast(1, 2),
                            costs),
                    new Row(
                            name(),
                            "the same: peak memory",
                            "MB",
                            Series.of(ours.peakMegabytes()),
                            Series.of(scripts.peakMegabytes()),
                            against,
                            Goal.atMost(0.5, 0.333),
                            costs));
        }
    }

    private static Path prompts(Path directory, int count) throws IOException {
        var file = directory.resolve("prompts.jsonl");
        var prompts = new Prompts();
        try (var out = Files.newOutputStream(file)) {
            for (var number = 0; number < count; number++) {
                var head = "{\"id\":\"script-%07d\",\"prompt\":\""
                        .formatted(number)
                        .getBytes(UTF_8);
                var tail = "\"}\n".getBytes(UTF_8);
                out.write(prompts.joined(head, number, REQUEST_BYTES - 140, tail));
            }
        }
        return file;
    }

    private static JsonNode runScript(Path directory, Path script, NullUpstream upstream, Path prompts)
            throws IOException, InterruptedException {
        var output = directory.resolve("script.out");
        var exitCode = new ProcessBuilder(
                        "python3", script.toString(), upstream.url().toString(), prompts.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start()
                .waitFor();
        if (exitCode != 0) {
            throw new TrialException("the script ended with %d: see %s".formatted(exitCode, output));
        }
        return JSON.readTree(output.toFile());
    }
}
