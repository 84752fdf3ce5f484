package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * What a request costs while the vendor is away and nothing gets any further, at the beginning of the backlog and at its end:
 * medians of what 100,000 cost in the first and in the last million, so that what a JVM still learns in the first seconds of an
 * outage does not count. Some hundred thousand are answered before.
 */
final class BacklogMeasure implements Measure {
    private static final int REQUESTS = 10_000_000;
    private static final int REQUEST_BYTES = 300;
    private static final int STEP = 100_000;
    private static final int STEPS_WARMING_UP = 3;
    private static final int STEPS_COMPARED_MAX = 10;
    private static final int SAY_EACH = 10;
    /** It holds an id of each request that waits. */
    private static final String HEAP = "-Xmx2g";

    private static final Duration WITHIN = Duration.ofMinutes(3);

    @Override
    public String name() {
        return "backlog";
    }

    @Override
    public String question() {
        return "Does a request cost more because 10 million wait before it?";
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        var count = bench.count(REQUESTS, STEP);
        try (var upstream = NullUpstream.start();
                var processor = HalfrateProcess.start(
                        bench,
                        bench.newName("backlog"),
                        1,
                        upstream.url(),
                        "ledger: {poll-delays: [100ms], poll-jitter: 0}",
                        HEAP);
                var dam = new Dam(bench.bootstrapServers(), processor.requestsTopic(), 1);
                var settled = new Settled(bench.bootstrapServers(), processor)) {
            read(bench, processor, dam, STEPS_WARMING_UP, requests("w"));
            Waiting.until(
                    "what it warms up with is answered",
                    WITHIN,
                    () -> settled.requests() >= STEPS_WARMING_UP * STEP,
                    processor.jvm());
            upstream.away(true);
            var costs = read(bench, processor, dam, count / STEP, requests("b"));
            var compared = Math.min(STEPS_COMPARED_MAX, Math.ceilDiv(costs.size(), 2));
            return List.of(new Row(
                    name(),
                    "upstream away, backlog of %,d requests of %d bytes, %s: the last million beside the first"
                            .formatted(count, REQUEST_BYTES, HEAP),
                    "CPU s/100,000",
                    new Series(costs.subList(costs.size() - compared, costs.size())),
                    new Series(costs.subList(0, compared)),
                    "the first million",
                    Goal.atMost(1.2, 1.05),
                    List.of(processor.cost("processor"))));
        }
    }

    private static IntFunction<byte[]> requests(String run) {
        return new Prompts().requests(run, REQUEST_BYTES, List.of("model-0"));
    }

    /** Lets the processor read one step after the other, each of which is there when it has read the one before. */
    private static List<Double> read(
            Bench bench, HalfrateProcess processor, Dam dam, int steps, IntFunction<byte[]> requests)
            throws IOException, InterruptedException {
        var costs = new ArrayList<Double>();
        var before = processor.jvm().processorTime();
        for (var step = 0; step < steps; step++) {
            var first = step * STEP;
            dam.fill(STEP, number -> requests.apply(first + number));
            dam.open();
            Waiting.until(
                    "another %,d requests are read".formatted(STEP),
                    WITHIN,
                    () -> bench.topics().hasCommitted(processor.intakeGroup(), dam.ends()),
                    processor.jvm());
            var now = processor.jvm().processorTime();
            costs.add(now.minus(before).toMillis() / 1e3);
            before = now;
            if (step < SAY_EACH || (step + 1) % SAY_EACH == 0) {
                bench.say("%,11d read, %.2f s of a processor for the last %,d, peak of %d MB"
                        .formatted(
                                first + STEP,
                                costs.getLast(),
                                STEP,
                                processor.jvm().peakResidentBytes() / 1_000_000));
            }
        }
        return costs;
    }
}
