package dev.halfrate.benchmark;

import dev.halfrate.benchmark.Row.Cost;
import dev.halfrate.trial.process.Jvm;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What one side did in each of its rounds. The first ones, in which its JVM compiles what it runs, do not count. */
final class Rounds {
    static final int WARM_UP = 3;

    private final List<Double> rates = new ArrayList<>();
    private final List<Double> seconds = new ArrayList<>();
    private final List<Double> processorSeconds = new ArrayList<>();
    private long peakBytes;
    private int warmUp;

    Rounds() {
        this(WARM_UP);
    }

    /** @param warmUp rounds that do not count */
    Rounds(int warmUp) {
        this.warmUp = warmUp;
    }

    /** What a side does in a round; returns how long it took. */
    @FunctionalInterface
    interface Work {
        Duration run() throws IOException, InterruptedException;
    }

    /**
     * @param what for whoever waits
     * @param count requests, records or whatever is counted
     */
    void add(Bench bench, String what, int count, Jvm jvm, Work work) throws IOException, InterruptedException {
        add(bench, what, count, List.of(jvm), work);
    }

    /** Likewise, of several processes that share the work: the sum of their times, and the largest one's memory. */
    void add(Bench bench, String what, int count, List<Jvm> jvms, Work work) throws IOException, InterruptedException {
        var before = processorTime(jvms);
        var took = work.run().toNanos() / 1e9;
        var used = processorTime(jvms).minus(before).toMillis() / 1e3;
        var peak = 0L;
        for (var jvm : jvms) {
            peak = Math.max(peak, jvm.peakResidentBytes());
        }
        add(bench, what, count, took, used, peak);
    }

    private static Duration processorTime(List<Jvm> jvms) {
        return jvms.stream().map(Jvm::processorTime).reduce(Duration.ZERO, Duration::plus);
    }

    /** Likewise, of a process that measured itself. */
    void add(Bench bench, String what, int count, double took, double used, long peak) {
        bench.say("%-10s %,12.0f/s %7.2f s %7.2f s of a processor%s"
                .formatted(what, count / took, took, used, warmUp > 0 ? "  (warming up)" : ""));
        if (warmUp > 0) {
            warmUp--;
        } else {
            rates.add(count / took);
            seconds.add(took);
            processorSeconds.add(used);
        }
        peakBytes = Math.max(peakBytes, peak);
    }

    Series rates() {
        return new Series(rates);
    }

    Series seconds() {
        return new Series(seconds);
    }

    Series processorSeconds() {
        return new Series(processorSeconds);
    }

    double peakMegabytes() {
        return peakBytes / 1e6;
    }

    Cost cost(String of) {
        return new Cost(of, processorSeconds().median(), (long) peakMegabytes());
    }
}
