package dev.halfrate.trial;

import dev.halfrate.trial.process.BrokerCluster;
import dev.halfrate.trial.process.Directories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** `kill-matrix`: a process dies at every moment that is worth dying at. */
@Command(
        name = "kill-matrix",
        mixinStandardHelpOptions = true,
        description = {
            "Kill or stop a processor at every crash point, and audit what becomes of its work.",
            "",
            "For each case two processors share the work. One of them is killed (or stopped until the other has taken"
                    + " over) exactly at the point. Then every request must have one answer, every batch be settled,"
                    + " and the simulator's billing book show nothing twice."
        })
final class KillMatrixCommand implements Callable<Integer> {
    private static final Pattern PART = Pattern.compile("([1-9]\\d{0,3})/([1-9]\\d{0,3})");

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--only",
            paramLabel = "CASE",
            split = ",",
            description = "Only these, such as CP12/openai/kill; CP12 or CP12/openai stand for all that begin so.")
    private @Nullable List<String> only;

    @Option(names = "--part", paramLabel = "I/N", description = "The I-th of N parts, from 1.")
    private @Nullable String part;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "For what chance decides in a case (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--parallel",
            paramLabel = "N",
            defaultValue = "2",
            description = "Cases at a time, 1 to 16 (default: ${DEFAULT-VALUE}).")
    private int parallel;

    @Option(names = "--list", description = "Only name the cases.")
    private boolean listing;

    @Override
    public Integer call() throws IOException, InterruptedException {
        var cases = chosen();
        if (listing) {
            cases.forEach(each -> spec.commandLine().getOut().println(each.name()));
            return 0;
        }
        var directory = Files.createTempDirectory("halfrate-trial-");
        var report = new Report(spec.commandLine().getOut(), "kill-matrix --seed " + seed + " --only ");
        runAll(cases, directory, report);
        report.summary();
        if (report.isClean()) {
            Directories.delete(directory);
            return 0;
        }
        spec.commandLine().getErr().println("Logs and configurations are in " + directory);
        return 1;
    }

    private void runAll(List<Case> cases, Path directory, Report report) throws IOException, InterruptedException {
        // No case kills it, so one is enough.
        try (var cluster = BrokerCluster.start(directory, 1)) {
            var waiting = new ConcurrentLinkedQueue<>(cases);
            var runners = IntStream.rangeClosed(1, Math.min(parallel, cases.size()))
                    .mapToObj(number -> Thread.ofPlatform()
                            .name("runner-" + number)
                            .start(() -> runSome(waiting, directory, number, cluster, report)))
                    .toList();
            for (var runner : runners) {
                runner.join();
            }
        }
    }

    /** One after the other, with a simulator of its own. */
    private void runSome(Queue<Case> waiting, Path directory, int runner, BrokerCluster cluster, Report report) {
        try (var simulator = SimulatorProcess.start(directory.resolve("simulator-" + runner), seed)) {
            for (var next = waiting.poll(); next != null; next = waiting.poll()) {
                var own = directory.resolve(next.name().replace('/', '-'));
                var from = System.nanoTime();
                try {
                    report.add(CaseRun.run(next, own, cluster, simulator, seed));
                } catch (IOException | RuntimeException e) {
                    report.broken(next, Duration.ofNanos(System.nanoTime() - from), e);
                }
            }
        } catch (IOException | RuntimeException e) {
            report.broken(e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private List<Case> chosen() {
        var all = Case.all();
        if (parallel < 1 || parallel > 16) {
            throw new ParameterException(spec.commandLine(), "--parallel must be 1..16, got " + parallel);
        }
        var wanted = only;
        if (wanted != null) {
            var named = all.stream()
                    .filter(each -> wanted.stream().anyMatch(name -> (each.name() + "/").startsWith(name + "/")))
                    .toList();
            if (named.isEmpty()) {
                throw new ParameterException(spec.commandLine(), "no case is called " + wanted + ", see --list");
            }
            all = named;
        }
        return part == null ? all : partOf(all, part);
    }

    /** Each part has cases of all kinds. */
    private List<Case> partOf(List<Case> all, String of) {
        var matcher = PART.matcher(of);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) > Integer.parseInt(matcher.group(2))) {
            throw new ParameterException(spec.commandLine(), "--part must be such as 2/4, got " + of);
        }
        var cases = new ArrayList<Case>();
        for (var i = Integer.parseInt(matcher.group(1)) - 1; i < all.size(); i += Integer.parseInt(matcher.group(2))) {
            cases.add(all.get(i));
        }
        return cases;
    }
}
