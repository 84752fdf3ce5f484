package dev.halfrate.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.process.TrialException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long somebody waits who tries it: a cold JVM in which a broker, a vendor's simulator and the processor start. */
final class DemoMeasure implements Measure {
    private static final Pattern BROKER = Pattern.compile("Kafka (\\S+), simulator .*");
    private static final String RESULTS = "llm.results";
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration WITHIN = Duration.ofMinutes(2);

    @Override
    public String name() {
        return "demo";
    }

    @Override
    public String question() {
        return "How soon after its start does ./halfrate demo have a first result?";
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        var seconds = new ArrayList<Double>();
        for (var round = 0; round < bench.rounds(); round++) {
            seconds.add(firstResult(bench));
        }
        return List.of(new Row(
                name(),
                "./halfrate demo, built: start → first result",
                "s",
                new Series(seconds),
                null,
                "",
                Goal.atMost(15, 6),
                List.of()));
    }

    private static double firstResult(Bench bench) throws IOException, InterruptedException {
        var launcher = Path.of(System.getProperty("halfrate.home"), "halfrate");
        var builder = new ProcessBuilder(launcher.toString(), "demo").redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        var from = System.nanoTime();
        var demo = builder.start();
        try (var output = new BufferedReader(new InputStreamReader(demo.getInputStream(), UTF_8))) {
            var broker = broker(output);
            var up = (System.nanoTime() - from) / 1e9;
            awaitResult(broker);
            var first = (System.nanoTime() - from) / 1e9;
            bench.say("all started after %.2f s, first result after %.2f s".formatted(up, first));
            return first;
        } finally {
            // It cleans up after itself.
            demo.destroy();
            demo.waitFor();
        }
    }

    private static String broker(BufferedReader output) {
        return output.lines()
                .map(BROKER::matcher)
                .filter(Matcher::matches)
                .map(line -> line.group(1))
                .findFirst()
                .orElseThrow(() -> new TrialException("the demo ended before it had started"));
    }

    private static void awaitResult(String broker) {
        var end = System.nanoTime() + WITHIN.toNanos();
        try (var results = Committed.of(broker, RESULTS)) {
            while (results.poll(POLL).isEmpty()) {
                if (System.nanoTime() - end > 0) {
                    throw new TrialException("the demo has no result");
                }
            }
        }
    }
}
