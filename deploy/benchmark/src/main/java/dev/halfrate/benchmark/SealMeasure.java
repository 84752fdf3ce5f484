package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.process.Jvm;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** From the requests topic to files that the vendor has, beside a copy of the same records. */
final class SealMeasure implements Measure {
    private static final int REQUESTS = 200_000;
    private static final int REQUEST_BYTES = 2_000;
    private static final int BATCH_REQUESTS_MAX = 50_000;
    private static final Duration WITHIN = Duration.ofMinutes(3);

    private final String name;
    private final int lanes;
    private final Goal goal;

    SealMeasure(String name, int lanes, Goal goal) {
        this.name = name;
        this.lanes = lanes;
        this.goal = goal;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String question() {
        return "How fast are requests of %s sealed and uploaded?"
                .formatted(lanes == 1 ? "one lane" : lanes + " interleaved lanes");
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        var count = bench.count(REQUESTS, REQUESTS / 10);
        var batch = Math.min(BATCH_REQUESTS_MAX, count / lanes);
        try (var upstream = NullUpstream.start();
                var processor =
                        HalfrateProcess.start(bench, bench.newName("seal"), 1, upstream.url(), """
                        lanes: {requests-max: %d, age-max: 1h, batches-in-flight-max: 10000}
                        """.formatted(batch));
                var copy = CopyProcess.start(bench)) {
            upstream.hold(true);
            var ours = new Rounds();
            var copies = new Rounds();
            var models =
                    IntStream.range(0, lanes).mapToObj(lane -> "model-" + lane).toList();
            try (var dam = new Dam(bench.bootstrapServers(), processor.requestsTopic(), 1);
                    var copyDam = new Dam(bench.bootstrapServers(), copy.topic(), 1)) {
                for (var round = 0; round < bench.rounds() + Rounds.WARM_UP; round++) {
                    var requests = new Prompts().requests("r" + round, REQUEST_BYTES, models);
                    copyDam.fill(count, requests);
                    copies.add(bench, "copy", count, copy.jvm(), () -> copy.copied(bench, copyDam));
                    dam.fill(count, requests);
                    ours.add(
                            bench,
                            "sealed",
                            count,
                            processor.jvm(),
                            () -> uploaded(upstream, dam, count, processor.jvm()));
                }
            }
            return List.of(new Row(
                    name,
                    lanes == 1
                            ? "requests topic → sealed, uploaded; one lane"
                            : "the same, %d interleaved lanes".formatted(lanes),
                    "requests/s",
                    ours.rates(),
                    copies.rates(),
                    "Streams copy, exactly once",
                    goal,
                    List.of(ours.cost("processor"), copies.cost("copy"))));
        }
    }

    /** Lets the requests go, and waits until the last of them is uploaded. */
    static Duration uploaded(NullUpstream upstream, Dam dam, int count, Jvm jvm) throws InterruptedException {
        var end = upstream.uploaded() + count;
        var from = dam.open();
        Waiting.until("%,d requests are uploaded".formatted(end), WITHIN, () -> upstream.uploaded() >= end, jvm);
        return Duration.ofNanos(upstream.uploadedAt() - from);
    }
}
