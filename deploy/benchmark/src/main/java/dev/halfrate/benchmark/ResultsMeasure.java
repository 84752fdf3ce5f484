package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.process.Jvm;
import dev.halfrate.trial.process.TrialException;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;

/** From the vendor's result files to committed results, beside a transactional producer that has these in memory. */
final class ResultsMeasure implements Measure {
    private static final int REQUESTS = 200_000;
    private static final int REQUEST_BYTES = 300;
    private static final int BATCHES = 4;
    private static final Duration WITHIN = Duration.ofMinutes(3);

    private final int lineBytes;

    ResultsMeasure(int lineBytes) {
        this.lineBytes = lineBytes;
    }

    @Override
    public String name() {
        return "results-%dk".formatted(lineBytes / 1_000);
    }

    @Override
    public String question() {
        return "How fast are result files of lines of %,d bytes published?".formatted(lineBytes);
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        var count = bench.count(REQUESTS, REQUESTS / 10);
        try (var upstream = NullUpstream.start();
                var processor = HalfrateProcess.start(
                        bench, bench.newName("results"), 1, upstream.url(), """
                        lanes: {requests-max: %d, age-max: 1h, batches-in-flight-max: 10000}
                        ledger: {poll-delays: [100ms], poll-jitter: 0}
                        """.formatted(count / BATCHES));
                var dam = new Dam(bench.bootstrapServers(), processor.requestsTopic(), 1);
                var settled = new Settled(bench.bootstrapServers(), processor)) {
            upstream.answerAtLength(lineBytes);
            var ours = new Rounds();
            var plain = new Rounds();
            run(bench, count, 0, upstream, processor, dam, settled, ours);
            try (var producer = producer(bench, processor.resultsTopic(), count)) {
                for (var round = 0; round < bench.rounds() + Rounds.WARM_UP; round++) {
                    var number = round;
                    plain.add(bench, "produced", count, producer, () -> produced(producer, number));
                    if (round > 0) {
                        run(bench, count, round, upstream, processor, dam, settled, ours);
                    }
                }
            }
            return List.of(new Row(
                    name(),
                    "remote output → results topic, committed; lines of %,d bytes".formatted(lineBytes),
                    "results/s",
                    ours.rates(),
                    plain.rates(),
                    "transactional produce of the same records",
                    Goal.atLeast(0.40, 0.65),
                    List.of(ours.cost("processor"), plain.cost("producer"))));
        }
    }

    private static void run(
            Bench bench,
            int count,
            int round,
            NullUpstream upstream,
            HalfrateProcess processor,
            Dam dam,
            Settled settled,
            Rounds rounds)
            throws IOException, InterruptedException {
        upstream.hold(true);
        dam.fill(count, new Prompts().requests("r" + round, REQUEST_BYTES, List.of("model-0")));
        dam.open();
        var end = (round + 1L) * count;
        Waiting.until("all requests run", WITHIN, () -> settled.running() >= end, processor.jvm());
        rounds.add(bench, "published", count, processor.jvm(), () -> {
            upstream.forgetDownloads();
            upstream.hold(false);
            Waiting.until("all requests are answered", WITHIN, () -> settled.requests() >= end, processor.jvm());
            return Duration.ofNanos(System.nanoTime() - upstream.downloadedAt());
        });
    }

    private static Jvm producer(Bench bench, String from, int count) throws IOException, InterruptedException {
        var name = bench.newName("produce");
        bench.topics().make(name, 1);
        var jvm = Jvm.startAsInProduction(
                Jvm.classPath(),
                bench.newDirectory(name).resolve("produce.log"),
                List.of("-XX:+UseParallelGC"),
                PlainProduce.class.getName(),
                bench.bootstrapServers(),
                from,
                name,
                Integer.toString(count));
        Waiting.until("the producer is ready", Waiting.START, () -> jvm.said(PlainProduce.READY), jvm);
        return jvm;
    }

    private static Duration produced(Jvm producer, int number) throws IOException, InterruptedException {
        producer.tell("again");
        Waiting.until("all records are written", WITHIN, () -> times(producer).size() > number, producer);
        return Duration.ofNanos(times(producer).get(number));
    }

    private static List<Long> times(Jvm producer) {
        try {
            return Files.readAllLines(producer.output()).stream()
                    .filter(line -> line.startsWith(PlainProduce.WRITTEN))
                    .map(line -> Long.valueOf(line.substring(PlainProduce.WRITTEN.length())))
                    .toList();
        } catch (IOException e) {
            throw new TrialException("the producer's output cannot be read", e);
        }
    }
}
