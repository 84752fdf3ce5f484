package dev.halfrate.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.process.Jvm;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Windows of many requests, beside the aggregation that comes with Kafka Streams. */
final class AggregateMeasure implements Measure {
    private static final int REQUESTS = 200_000;
    private static final int REQUEST_BYTES = 2_000;
    private static final int WINDOW_REQUESTS = 10_000;
    private static final int REQUESTS_TO_WARM_UP = 2_000;
    private static final List<String> MODELS = List.of("model-0");
    private static final String TEXTBOOK_HEAP = "-Xmx2g";
    private static final Duration TEXTBOOK_MAX = Duration.ofMinutes(5);

    @Override
    public String name() {
        return "aggregate";
    }

    @Override
    public String question() {
        return "How much faster are windows of 10,000 requests than Kafka Streams' own aggregate makes them?";
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        var window = bench.count(WINDOW_REQUESTS, WINDOW_REQUESTS / 10);
        var textbook = textbook(bench, window);
        var ours = ours(bench, window);
        return List.of(new Row(
                name(),
                "requests topic → windows of %,d".formatted(window),
                "requests/s",
                ours.rates(),
                textbook.rates(),
                "Streams' aggregate into a list, exactly once",
                Goal.atLeast(200, 500),
                List.of(ours.cost("processor"), textbook.cost("aggregate"))));
    }

    /** One window is enough: the next would begin with an empty list again. */
    private static Rounds textbook(Bench bench, int window) throws IOException, InterruptedException {
        var name = bench.newName("textbook");
        bench.topics().make(name, 1);
        bench.topics().make(name + ".lists", 1);
        var directory = bench.newDirectory(name);
        var rounds = new Rounds(1);
        try (var jvm = Jvm.startAsInProduction(
                        Jvm.classPath(),
                        directory.resolve("textbook.log"),
                        List.of(TEXTBOOK_HEAP, "-XX:+UseParallelGC"),
                        TextbookAggregate.class.getName(),
                        bench.bootstrapServers(),
                        name,
                        name,
                        name + ".lists",
                        directory.resolve("state").toString(),
                        Integer.toString(window));
                var dam = new Dam(bench.bootstrapServers(), name, 1)) {
            Waiting.until("the aggregate is ready", Waiting.START, () -> jvm.said(StreamsBaseline.READY), jvm);
            var requests = new Prompts().requests("r", REQUEST_BYTES, MODELS);
            for (var key : List.of("warm", "measured")) {
                var count = key.equals("warm") ? Math.min(window, REQUESTS_TO_WARM_UP) : window;
                dam.fill(count, key.getBytes(UTF_8), requests);
                rounds.add(bench, "aggregated", count, jvm, () -> {
                    var from = dam.open();
                    Waiting.until(
                            "all is aggregated",
                            TEXTBOOK_MAX,
                            () -> bench.topics().hasCommitted(name, dam.ends()),
                            jvm);
                    return Duration.ofNanos(System.nanoTime() - from);
                });
            }
            return rounds;
        }
    }

    private static Rounds ours(Bench bench, int window) throws IOException, InterruptedException {
        var count = bench.count(REQUESTS, REQUESTS / 10);
        var rounds = new Rounds();
        try (var upstream = NullUpstream.start();
                var processor = HalfrateProcess.start(
                        bench, bench.newName("windows"), 1, upstream.url(), """
                        lanes: {requests-max: %d, age-max: 1h, batches-in-flight-max: 10000}
                        """.formatted(window));
                var dam = new Dam(bench.bootstrapServers(), processor.requestsTopic(), 1)) {
            upstream.hold(true);
            for (var round = 0; round < bench.rounds() + Rounds.WARM_UP; round++) {
                dam.fill(count, new Prompts().requests("r" + round, REQUEST_BYTES, MODELS));
                rounds.add(
                        bench,
                        "sealed",
                        count,
                        processor.jvm(),
                        () -> SealMeasure.uploaded(upstream, dam, count, processor.jvm()));
            }
            return rounds;
        }
    }
}
