package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Cost;
import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.process.TrialException;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** What the processor adds to the vendor's own time: before a small batch is created, and after it has ended. */
final class LatencyMeasure implements Measure {
    private static final int BATCHES = 20;
    private static final int BATCHES_TO_WARM_UP = 30;
    private static final int SMALL = 20;
    private static final int LARGE = 1_000;
    private static final int REQUEST_BYTES = 2_000;
    private static final int ANSWER_BYTES = 1_000;
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration WITHIN = Duration.ofMinutes(1);
    private static final Goal GOAL = Goal.atMost(1, 0.3);

    private final Prompts prompts = new Prompts();

    @Override
    public String name() {
        return "latency";
    }

    @Override
    public String question() {
        return "How soon is a full window a batch at the vendor, and how soon are results there that the vendor has?";
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        return List.of(created(bench), published(bench));
    }

    private Row created(Bench bench) throws IOException, InterruptedException {
        try (var upstream = NullUpstream.start();
                var processor = HalfrateProcess.start(
                        bench, bench.newName("created"), 1, upstream.url(), """
                        lanes: {requests-max: %d, age-max: 1h, batches-in-flight-max: 10000}
                        """.formatted(SMALL));
                var dam = new Dam(bench.bootstrapServers(), processor.requestsTopic(), 1)) {
            upstream.hold(true);
            var seconds = new ArrayList<Double>();
            for (var batch = 0; batch < BATCHES_TO_WARM_UP + BATCHES; batch++) {
                dam.fill(SMALL, requests(batch));
                // From then on a reader can see them, and with the last one the window is full.
                var from = dam.open();
                Waiting.until("a batch is created", WITHIN, () -> upstream.createdAt() - from > 0, processor.jvm());
                seconds.add((upstream.createdAt() - from) / 1e9);
            }
            return row("window full → create accepted, %d requests".formatted(SMALL), seconds, processor);
        }
    }

    private Row published(Bench bench) throws IOException, InterruptedException {
        try (var upstream = NullUpstream.start();
                var processor = HalfrateProcess.start(
                        bench, bench.newName("published"), 1, upstream.url(), """
                        lanes: {requests-max: %d, age-max: 1h, batches-in-flight-max: 10000}
                        ledger: {poll-delays: [100ms], poll-jitter: 0}
                        """.formatted(LARGE));
                var dam = new Dam(bench.bootstrapServers(), processor.requestsTopic(), 1);
                var settled = new Settled(bench.bootstrapServers(), processor);
                var results = Committed.of(bench.bootstrapServers(), processor.resultsTopic())) {
            upstream.answerAtLength(ANSWER_BYTES);
            var seconds = new ArrayList<Double>();
            for (var batch = 0; batch < BATCHES_TO_WARM_UP + BATCHES; batch++) {
                var end = (batch + 1L) * LARGE;
                upstream.hold(true);
                dam.fill(LARGE, requests(batch));
                dam.open();
                Waiting.until("the batch runs", WITHIN, () -> settled.running() >= end, processor.jvm());
                upstream.hold(false);
                read(results, LARGE);
                seconds.add((System.nanoTime() - upstream.completedAt()) / 1e9);
                Waiting.until("the batch is settled", WITHIN, () -> settled.requests() >= end, processor.jvm());
            }
            return row("end seen by a poll → last of %,d results committed".formatted(LARGE), seconds, processor);
        }
    }

    private IntFunction<byte[]> requests(int batch) {
        return prompts.requests("b%03d".formatted(batch), REQUEST_BYTES, List.of("model-0"));
    }

    private static void read(KafkaConsumer<byte[], byte[]> results, int count) {
        var end = System.nanoTime() + WITHIN.toNanos();
        for (var left = count; left > 0; left -= results.poll(POLL).count()) {
            if (System.nanoTime() - end > 0) {
                throw new TrialException("%d results are missing".formatted(left));
            }
        }
    }

    private Row row(String what, List<Double> seconds, HalfrateProcess processor) throws IOException {
        var warm = seconds.subList(BATCHES_TO_WARM_UP, seconds.size());
        return new Row(
                name(),
                what,
                "s",
                new Series(warm),
                null,
                "",
                GOAL,
                List.of(new Cost("processor", 0, processor.jvm().peakResidentBytes() / 1_000_000)));
    }
}
