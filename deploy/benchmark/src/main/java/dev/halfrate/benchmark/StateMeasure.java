package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Cost;
import dev.halfrate.benchmark.Row.Goal;
import dev.halfrate.trial.process.TrialException;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What the processor writes for its own sake, beside the requests themselves, from the first request to the last answer.
 *
 * <p>Counted are the log segments of all its internal topics: lane inbox, work, ledger, the changelogs of the lanes' stores and
 * the rest; not what users read: results and their parts, batches, dead letters, diagnostics, audit. Besides, the files of the
 * lanes' stores as they are when the process has ended, so with all that was in memory, but without what RocksDB has merged
 * away. Files that a batch is uploaded from are not counted: they are as large as the requests, and gone soon.
 */
final class StateMeasure implements Measure {
    private static final int REQUESTS = 200_000;
    private static final int REQUEST_BYTES = 2_000;
    private static final int ANSWER_BYTES = 1_000;
    private static final int BATCHES = 4;
    private static final Duration WITHIN = Duration.ofMinutes(5);
    private static final Duration ENDED_WITHIN = Duration.ofMinutes(1);

    @Override
    public String name() {
        return "state";
    }

    @Override
    public String question() {
        return "How much is written to internal topics and local stores for a request of %,d bytes?"
                .formatted(REQUEST_BYTES);
    }

    @Override
    public List<Row> run(Bench bench) throws IOException, InterruptedException {
        var count = bench.count(REQUESTS, REQUESTS / 10);
        try (var upstream = NullUpstream.start()) {
            upstream.answerAtLength(ANSWER_BYTES);
            var written = new ArrayList<Double>();
            var costs = new ArrayList<Cost>();
            for (var round = 0; round < bench.rounds(); round++) {
                written.add(written(bench, upstream, count, costs) / (double) count);
            }
            return List.of(new Row(
                    name(),
                    "internal topics and local stores, whole road of %,d requests".formatted(count),
                    "B/request",
                    new Series(written),
                    Series.of(REQUEST_BYTES),
                    "the request",
                    Goal.atMost(0.20, 0.10),
                    List.of(costs.getLast())));
        }
    }

    private static long written(Bench bench, NullUpstream upstream, int count, List<Cost> costs)
            throws IOException, InterruptedException {
        var name = bench.newName("state");
        try (var processor = HalfrateProcess.start(bench, name, 1, upstream.url(), """
                        lanes: {requests-max: %d, age-max: 1h}
                        ledger: {poll-delays: [100ms], poll-jitter: 0}
                        """.formatted(count / BATCHES));
                var dam = new Dam(bench.bootstrapServers(), processor.requestsTopic(), 1);
                var settled = new Settled(bench.bootstrapServers(), processor)) {
            dam.fill(count, new Prompts().requests("s", REQUEST_BYTES, List.of("model-0")));
            dam.open();
            Waiting.until("all requests are answered", WITHIN, () -> settled.requests() >= count, processor.jvm());
            costs.add(processor.cost("processor"));
            processor.jvm().terminate();
            if (!processor.jvm().endsWithin(ENDED_WITHIN)) {
                throw new TrialException(
                        "the processor did not end: see " + processor.jvm().output());
            }
            var stores = bytes(processor.directory().resolve("state/lanes"), Files::isRegularFile);
            var total = stores;
            bench.say("%-40s %6.1f bytes/request".formatted("local stores", stores / (double) count));
            for (var topic : bench.topics().thatStartWith(name)) {
                if (!processor.publicTopics().contains(topic)) {
                    var bytes = bytes(bench.brokerData(), log -> isSegment(log, topic));
                    total += bytes;
                    bench.say("%-40s %6.1f bytes/request".formatted(topic, bytes / (double) count));
                }
            }
            return total;
        }
    }

    /** @return whether it is a log of one of the topic's partitions */
    private static boolean isSegment(Path file, String topic) {
        return file.toString().matches(".*/\\Q" + topic + "\\E-\\d+/\\d+\\.log");
    }

    private static long bytes(Path directory, Predicate<Path> counted) throws IOException {
        try (var files = Files.walk(directory)) {
            return files.filter(counted).mapToLong(StateMeasure::size).sum();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
