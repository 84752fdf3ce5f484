package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Cost;
import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.process.Directories;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How long a request that was sent meanwhile waits after a processor was killed, from the start of its successor until a file
 * with the request has come in at the vendor. That takes the age of the request's window as well, of one second.
 */
final class RestartMeasure implements Measure {
    private static final int REQUESTS = 1_000_000;
    private static final int REQUESTS_IN_WINDOW = 10_000;
    private static final int REQUEST_BYTES = 300;
    private static final int BATCHES = 20;
    private static final int ROUNDS_MAX = 3;
    private static final String HEAP = "-Xmx512m";
    private static final Duration WITHIN = Duration.ofMinutes(4);

    @Override
    public String name() {
        return "restart";
    }

    @Override
    public String question() {
        return "How long does nothing move after a kill with a million requests in flight?";
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        var count = bench.count(REQUESTS, BATCHES * 1_000);
        var name = bench.newName("restart");
        try (var upstream = NullUpstream.start()) {
            upstream.hold(true);
            fly(bench, name, upstream, count);
            var kept = new ArrayList<Double>();
            var lost = new ArrayList<Double>();
            var costKept = new ArrayList<Cost>();
            var costLost = new ArrayList<Cost>();
            for (var round = 0; round < Math.min(ROUNDS_MAX, bench.rounds()); round++) {
                kept.add(restart(bench, name, upstream, count, "kept-" + round, costKept));
                Directories.delete(bench.newDirectory(name).resolve("state"));
                lost.add(restart(bench, name, upstream, count, "lost-" + round, costLost));
            }
            return List.of(
                    row(
                            "killed with %,d requests in flight, %s → the next is uploaded, window of 1 s included; state kept"
                                    .formatted(count, HEAP),
                            kept,
                            Goal.atMost(20, 5),
                            List.of(costKept.getLast())),
                    row("the same, local state lost", lost, Goal.atMost(60, 20), List.of(costLost.getLast())));
        }
    }

    private Row row(String what, List<Double> seconds, Goal goal, List<Cost> cost) {
        return new Row(name(), what, "s", new Series(seconds), null, "", goal, cost);
    }

    /** Kills it when all batches run that may, and further requests wait. */
    private static void fly(Bench bench, String name, NullUpstream upstream, int count)
            throws IOException, InterruptedException {
        try (var processor = start(bench, name, upstream, count, "1h");
                var dam = new Dam(bench.bootstrapServers(), processor.requestsTopic(), 1);
                var settled = new Settled(bench.bootstrapServers(), processor)) {
            dam.fill(count + REQUESTS_IN_WINDOW, new Prompts().requests("r", REQUEST_BYTES, List.of("model-0")));
            dam.open();
            Waiting.until("all requests run", WITHIN, () -> settled.running() >= count, processor.jvm());
            processor.jvm().kill();
        }
    }

    private static HalfrateProcess start(Bench bench, String name, NullUpstream upstream, int count, String age)
            throws IOException, InterruptedException {
        return HalfrateProcess.start(
                bench,
                name,
                1,
                upstream.url(),
                "lanes: {requests-max: %d, age-max: %s}".formatted(count / BATCHES, age),
                HEAP);
    }

    /**
     * @param model of the new request, for a lane of its own
     * @return seconds until it moved
     */
    private static double restart(
            Bench bench, String name, NullUpstream upstream, int count, String model, List<Cost> costs)
            throws IOException, InterruptedException {
        try (var dam = new Dam(bench.bootstrapServers(), HalfrateProcess.requestsTopic(name), 1)) {
            dam.fill(1, new Prompts().requests(model, REQUEST_BYTES, List.of(model)));
            dam.open();
        }
        var end = upstream.uploaded() + 1;
        var from = System.nanoTime();
        try (var processor = start(bench, name, upstream, count, "1s")) {
            Waiting.until("the new request is uploaded", WITHIN, () -> upstream.uploaded() >= end, processor.jvm());
            var seconds = (upstream.uploadedAt() - from) / 1e9;
            bench.say("%s: %.1f s".formatted(model, seconds));
            costs.add(processor.cost("processor"));
            processor.jvm().kill();
            return seconds;
        }
    }
}
