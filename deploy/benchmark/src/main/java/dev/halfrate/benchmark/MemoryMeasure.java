package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Cost;
import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.SimulatorProcess;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of a whole process through the largest batch that a vendor takes and its answers, which are as large, while three
 * other lanes have open windows; beside another process that does as much in batches of 40 MB, one after the other.
 */
final class MemoryMeasure implements Measure {
    private static final int SMALL_BATCH_BYTES = 40_000_000;
    private static final int REQUESTS_MAX = 50_000;
    /** More than fit, so that the batch is full of bytes as well. */
    private static final int BYTES_MORE = 100;
    /** Shares of the requests: enough for a full batch; too few for any of the other lanes. */
    private static final double FULL = 0.97;

    private static final int OTHER_REQUESTS_SHARE = 50;
    private static final List<String> OTHER_MODELS = List.of("other-0", "other-1", "other-2");
    private static final int ROUNDS_MAX = 2;
    private static final String HEAP = "-Xmx128m";
    private static final long SEED = 1;
    private static final Duration WITHIN = Duration.ofMinutes(6);

    private enum Vendor {
        OPENAI("openai", "OpenAI", "/v1/chat/completions", "gpt-4o-mini", 209_715_200),
        ANTHROPIC("anthropic", "Anthropic", "/v1/messages", "claude-haiku-4-5", 255_999_000);

        final String provider;
        final String title;
        final String endpoint;
        final String model;
        final int batchBytesMax;

        Vendor(String provider, String title, String endpoint, String model, int batchBytesMax) {
            this.provider = provider;
            this.title = title;
            this.endpoint = endpoint;
            this.model = model;
            this.batchBytesMax = batchBytesMax;
        }
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public String question() {
        return "How much more memory does the largest batch take than one of 40 MB?";
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        var rows = new ArrayList<Row>();
        for (var vendor : Vendor.values()) {
            rows.add(row(bench, vendor));
        }
        return rows;
    }

    private Row row(Bench bench, Vendor vendor) throws IOException, InterruptedException {
        var full = bench.count(vendor.batchBytesMax, 1);
        var part = bench.count(SMALL_BATCH_BYTES, 1);
        var large = new ArrayList<Cost>();
        var small = new ArrayList<Cost>();
        for (var round = 0; round < Math.min(ROUNDS_MAX, bench.rounds()); round++) {
            small.add(run(bench, vendor, part, Math.ceilDiv(full, part), "small batches"));
            large.add(run(bench, vendor, full, 1, "full batch"));
        }
        return new Row(
                name(),
                "peak memory of a full batch of %s (%.0f MB) and its answers, four lanes, %s"
                        .formatted(vendor.title, full / 1e6, HEAP),
                "MB",
                megabytes(large),
                megabytes(small),
                "as much in batches of %.0f MB, one after the other".formatted(part / 1e6),
                Goal.atMost(1.1, 1.0),
                List.of(large.getLast(), small.getLast()));
    }

    private static Series megabytes(List<Cost> costs) {
        return new Series(
                costs.stream().map(cost -> (double) cost.peakMegabytes()).toList());
    }

    /** @param of what the batches are called in the table */
    private static Cost run(Bench bench, Vendor vendor, int batchBytes, int batches, String of)
            throws IOException, InterruptedException {
        var requestBytes = vendor.batchBytesMax / REQUESTS_MAX + BYTES_MORE;
        var count = Math.min(REQUESTS_MAX, batchBytes / (requestBytes - BYTES_MORE));
        var name = bench.newName("memory");
        try (var simulator = SimulatorProcess.start(bench.newDirectory(name + "-simulator"), SEED);
                var processor = HalfrateProcess.startWith(
                        bench,
                        vendor.provider,
                        name,
                        simulator.url(),
                        """
                        lanes: {requests-max: %d, bytes-max: %d}
                        ledger: {poll-delays: [200ms], poll-jitter: 0}
                        """.formatted(count, vendor.batchBytesMax),
                        HEAP);
                var dam = new Dam(bench.bootstrapServers(), processor.requestsTopic(), 1);
                var settled = new Settled(bench.bootstrapServers(), processor)) {
            simulator.answerAtLength(requestBytes);
            dam.fill(
                    count / OTHER_REQUESTS_SHARE,
                    new Prompts(vendor.endpoint).requests("o", requestBytes, OTHER_MODELS));
            for (var batch = 0; batch < batches; batch++) {
                dam.fill(
                        count, new Prompts(vendor.endpoint).requests("b" + batch, requestBytes, List.of(vendor.model)));
                dam.open();
                var end = (long) ((batch + FULL) * count);
                Waiting.until(
                        "the batch is answered",
                        WITHIN,
                        () -> settled.requests() >= end,
                        processor.jvm(),
                        simulator.jvm());
                bench.say("%s, %s: peak of %d MB after batch %d"
                        .formatted(vendor.title, of, processor.jvm().peakResidentBytes() / 1_000_000, batch + 1));
            }
            return processor.cost(of);
        }
    }
}
