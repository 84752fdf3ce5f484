package dev.halfrate.trial;

import dev.halfrate.trial.process.BrokerCluster;
import dev.halfrate.trial.process.BrokerProcess;
import dev.halfrate.trial.process.Waiting;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A long run: requests all the time, a fault every ten seconds, then quiet, then judgement. One thread. */
final class Soak implements AutoCloseable {
    private static final Duration FAULT_EVERY = Duration.ofSeconds(10);
    private static final Duration SEND_EVERY = Duration.ofMillis(500);
    private static final int SENT_AT_ONCE_MAX = 8;
    private static final Duration QUIET_WITHIN = Duration.ofMinutes(5);
    private static final Duration RUNNING_WITHIN = Duration.ofMinutes(2);

    private final Vendor vendor;
    private final BrokerCluster cluster;
    private final SimulatorProcess simulator;
    private final PrintWriter out;
    private final SplittableRandom random;
    private final Subject subject;
    private final Map<String, Integer> faults = new HashMap<>();
    private @Nullable Service stopped;
    private @Nullable BrokerProcess away;

    Soak(Vendor vendor, Path directory, BrokerCluster cluster, SimulatorProcess simulator, long seed, PrintWriter out)
            throws IOException, InterruptedException {
        this.vendor = vendor;
        this.cluster = cluster;
        this.simulator = simulator;
        this.out = out;
        this.random = new SplittableRandom(seed);
        var mark = Long.toString(random.nextLong() >>> 1, Character.MAX_RADIX);
        this.subject = new Subject("soak", mark, directory, cluster, vendor, simulator, Scale.SMALL, Map.of());
    }

    /** @return whether the promises were kept */
    boolean run(Duration length) throws IOException, InterruptedException {
        simulator.behave();
        subject.first().start();
        subject.second().start();
        Waiting.until(
                "both processors run",
                RUNNING_WITHIN,
                () -> subject.first().jvm().said(Service.RUNNING)
                        && subject.second().jvm().said(Service.RUNNING),
                subject.first().jvm(),
                subject.second().jvm());
        var start = System.nanoTime();
        var end = start + length.toNanos();
        var next = start;
        while (System.nanoTime() - end < 0) {
            subject.requests().send(1 + random.nextInt(SENT_AT_ONCE_MAX));
            subject.feeds().poll();
            subject.supervise();
            if (System.nanoTime() - next > 0) {
                calm();
                var what = misbehave();
                faults.merge(what, 1, Integer::sum);
                out.printf(
                        "%5d s  %s%n",
                        Duration.ofNanos(System.nanoTime() - start).toSeconds(), what);
                out.flush();
                next = System.nanoTime() + FAULT_EVERY.toNanos();
            }
            Thread.sleep(SEND_EVERY);
        }
        calm();
        cluster.awaitWhole();
        var quietFrom = System.nanoTime();
        subject.awaitQuiet(QUIET_WITHIN);
        var recovered = Duration.ofNanos(System.nanoTime() - quietFrom);
        return report(subject.judge(), recovered);
    }

    private boolean report(Audit.Verdict verdict, Duration recovered) {
        out.printf(
                "%d faults %s; %,d requests in %,d batches, %d further attempts; lost %d, answered twice %d,"
                        + " billed twice %d (beside %d that the ledger accounts for); quiet %.1f s after the last fault%s%n",
                faults.values().stream().mapToInt(Integer::intValue).sum(),
                faults,
                verdict.requests(),
                verdict.batches(),
                verdict.doubts(),
                verdict.lost(),
                verdict.answeredTwice(),
                verdict.billedTwice(),
                verdict.exposed(),
                recovered.toMillis() / 1_000.0,
                subject.notes().isEmpty() ? "" : "; " + subject.notes());
        verdict.violations().forEach(violation -> out.println("    " + violation));
        out.flush();
        return verdict.violations().isEmpty();
    }

    /** Ends what lasts of the fault before. */
    private void calm() throws IOException, InterruptedException {
        simulator.behave();
        if (stopped != null) {
            stopped.jvm().goOn();
            stopped = null;
        }
        if (away != null) {
            away.startAgain();
            away = null;
        }
    }

    private String misbehave() throws IOException, InterruptedException {
        return switch (random.nextInt(15)) {
            case 0, 1, 2 -> {
                var service = either();
                service.kill();
                service.start();
                yield "a processor killed";
            }
            case 3, 4 -> {
                var service = either();
                service.jvm().stop();
                stopped = service;
                yield "a processor stopped for a while";
            }
            case 5, 6 -> {
                var broker = aBrokerOfAll();
                broker.kill();
                broker.startAgain();
                yield "a broker killed";
            }
            case 7, 8 -> {
                away = aBrokerOfAll();
                away.kill();
                yield "a broker gone for a while";
            }
            case 9 -> {
                script(vendor.create, Map.of("reset", "AFTER", "skip", random.nextInt(3)));
                yield "a create's answer lost";
            }
            case 10 -> {
                script(vendor.create, Map.of("reset", "BEFORE", "skip", random.nextInt(3)));
                yield "a create lost";
            }
            case 11 -> {
                script(vendor.create, Map.of("status", 500 + random.nextInt(5), "body", "an error", "times", 2));
                yield "errors on create";
            }
            case 12 -> {
                script(vendor.list, Map.of("delay_before_ms", 3_000, "times", 3));
                simulator.habits(SimulatorProcess.SPEED / 10, "REFUSED", 0, 1);
                script(vendor.create, Map.of("reset", "AFTER"));
                yield "slow lists without new batches";
            }
            case 13 -> {
                script(vendor.results, Map.of("breaks_after", 1_500, "times", 2));
                script(vendor.results, Map.of("lines", new String[] {"DUPLICATED", "FOREIGN"}, "times", 2));
                yield "result files broken and odd";
            }
            default -> {
                simulator.habits(0, "FAILED", 0.1, 1);
                yield "lines that fail";
            }
        };
    }

    /** Waits until the others can do without it. */
    private BrokerProcess aBrokerOfAll() throws InterruptedException {
        cluster.awaitWhole();
        return cluster.brokers().get(random.nextInt(cluster.brokers().size()));
    }

    private Service either() {
        return random.nextBoolean() ? subject.first() : subject.second();
    }

    private void script(Vendor.Call call, Map<String, ?> behaviour) throws IOException, InterruptedException {
        var fault = new HashMap<String, Object>(behaviour);
        fault.put("method", call.method());
        fault.put("path", call.path());
        simulator.script(fault);
    }

    @Override
    public void close() {
        subject.close();
    }
}
