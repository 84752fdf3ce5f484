package dev.halfrate.trial;

import dev.halfrate.trial.process.BrokerCluster;
import dev.halfrate.trial.process.HeapLog;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A full batch through one processor with a small heap, from the first request to the last answer. */
final class Large {
    private static final String HEAP = "-Xmx128m";
    private static final int SENT_AT_ONCE = 1_000;
    private static final double FULL = 0.99;
    private static final Duration DONE_WITHIN = Duration.ofMinutes(15);

    /**
     * @param processor what the process used of the processors
     * @param residentMegabytes the most memory that it had, heap and all else
     */
    record Outcome(
            int requests,
            int batches,
            int largestRequests,
            double largestMegabytes,
            double resultsMegabytes,
            Duration created,
            Duration done,
            Duration processor,
            HeapLog heap,
            long residentMegabytes,
            long simulatorMegabytes,
            List<String> violations) {

        Outcome {
            violations = List.copyOf(violations);
        }

        @Override
        public String toString() {
            return ("%,d requests in %,d batches, the largest of %,d and %.1f MB; %.1f MB of results; created after %.1f s,"
                            + " all over after %.1f s and %.1f s of processor time; %s: heap %d MB at most, %d MB of it kept, %d MB resident"
                            + " (the simulator %d MB)")
                    .formatted(
                            requests,
                            batches,
                            largestRequests,
                            largestMegabytes,
                            resultsMegabytes,
                            created.toMillis() / 1_000.0,
                            done.toMillis() / 1_000.0,
                            processor.toMillis() / 1_000.0,
                            HEAP,
                            heap.peakMegabytes(),
                            heap.keptMegabytes(),
                            residentMegabytes,
                            simulatorMegabytes);
        }
    }

    private Large() {}

    /**
     * Sends first and starts the processor then, so that it has all the work at once.
     *
     * @param bytesMax of a batch
     * @param batches full ones
     */
    static Outcome run(
            Vendor vendor,
            Path directory,
            BrokerCluster cluster,
            SimulatorProcess simulator,
            long bytesMax,
            int batches)
            throws IOException, InterruptedException {
        simulator.answerAtLength(Scale.meanBytes(bytesMax));
        var scale = Scale.filling(bytesMax);
        try (var subject =
                new Subject("large", vendor.provider(), directory, cluster, vendor, simulator, scale, Map.of())) {
            while (subject.requests().bodyBytes() < bytesMax * batches) {
                subject.requests().send(SENT_AT_ONCE);
            }
            var heapLog = directory.resolve("heap.log");
            var started = System.nanoTime();
            var jvm = subject.first().start(HEAP, "-XX:+ExitOnOutOfMemoryError", HeapLog.option(heapLog));
            Waiting.until("a batch is created", DONE_WITHIN, subject.feeds()::hasRemoteBatch, jvm, simulator.jvm());
            var created = since(started);
            var sent = subject.requests().sent();
            Waiting.until(
                    "all is answered and settled", DONE_WITHIN, () -> subject.isQuiet(sent), jvm, simulator.jvm());
            var done = since(started);
            var processor = jvm.processorTime();
            var resident = jvm.peakResidentBytes();
            var simulated = simulator.jvm().peakResidentBytes();
            var verdict = subject.judge();
            var violations = new ArrayList<>(verdict.violations());
            var largest = subject.feeds().largestBatch().orElseThrow();
            if (largest.getBytes() < FULL * bytesMax) {
                violations.add(
                        "the largest batch has %,d bytes, %,d would be full".formatted(largest.getBytes(), bytesMax));
            }
            return new Outcome(
                    verdict.requests(),
                    verdict.batches(),
                    largest.getItems(),
                    megabytes(largest.getBytes()),
                    megabytes(subject.feeds().resultBytes()),
                    created,
                    done,
                    processor,
                    HeapLog.read(heapLog),
                    (long) megabytes(resident),
                    (long) megabytes(simulated),
                    violations);
        }
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    private static double megabytes(long bytes) {
        return bytes / 1e6;
    }
}
