package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Cost;
import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * What batches cost that only run, beyond what an idle processor costs. It looks at the minutes in which they are polled most
 * densely: later there is one poll in ten minutes.
 */
final class PollingMeasure implements Measure {
    private static final int BATCHES = 1_000;
    private static final int BATCH_REQUESTS = 2;
    private static final int REQUEST_BYTES = 2_000;
    /** After the last create: by then every batch has had its first poll. */
    private static final Duration REST = Duration.ofMinutes(1);

    private static final int SECONDS = 300;
    private static final Duration WITHIN = Duration.ofMinutes(10);

    @Override
    public String name() {
        return "polling";
    }

    @Override
    public String question() {
        return "What do %,d batches in flight cost, with the usual waits between polls?".formatted(BATCHES);
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        var seconds = bench.count(SECONDS, 15);
        var sections = "lanes: {requests-max: %d, age-max: 1h, batches-in-flight-max: 10000}".formatted(BATCH_REQUESTS);
        try (var upstream = NullUpstream.start();
                var unused = NullUpstream.start();
                var busy = HalfrateProcess.start(bench, bench.newName("polling"), 1, upstream.url(), sections);
                var idle = HalfrateProcess.start(bench, bench.newName("idle"), 1, unused.url(), sections);
                var dam = new Dam(bench.bootstrapServers(), busy.requestsTopic(), 1);
                var settled = new Settled(bench.bootstrapServers(), busy)) {
            upstream.hold(true);
            var requests = BATCHES * BATCH_REQUESTS;
            dam.fill(requests, new Prompts().requests("r", REQUEST_BYTES, List.of("model-0")));
            dam.open();
            Waiting.until("all batches run", WITHIN, () -> settled.running() >= requests, busy.jvm());
            Thread.sleep(REST);
            var callsBefore = upstream.calls();
            var busyBefore = busy.jvm().processorTime();
            var idleBefore = idle.jvm().processorTime();
            var from = System.nanoTime();
            Thread.sleep(Duration.ofSeconds(seconds));
            var took = (System.nanoTime() - from) / 1e9;
            var busySeconds = busy.jvm().processorTime().minus(busyBefore).toMillis() / 1e3;
            var idleSeconds = idle.jvm().processorTime().minus(idleBefore).toMillis() / 1e3;
            bench.say("%,d calls in %.0f s; %.2f s of a processor, idle %.2f s"
                    .formatted(upstream.calls() - callsBefore, took, busySeconds, idleSeconds));
            return List.of(new Row(
                    name(),
                    "%,d batches in flight, the %d s from minute 1 on".formatted(BATCHES, seconds),
                    "% of a core",
                    Series.of(100 * (busySeconds - idleSeconds) / took),
                    null,
                    "beyond an idle processor's %.2f %%".formatted(100 * idleSeconds / took),
                    Goal.atMost(2, 0.5),
                    List.of(
                            new Cost("processor", busySeconds, busy.jvm().peakResidentBytes() / 1_000_000),
                            new Cost("idle", idleSeconds, idle.jvm().peakResidentBytes() / 1_000_000))));
        }
    }
}
