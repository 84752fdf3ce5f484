package dev.halfrate.benchmark;

import dev.halfrate.trial.process.Directories;
import dev.halfrate.trial.process.TrialException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program behind {@code ./halfrate benchmark}. */
@Command(
        name = "halfrate benchmark",
        mixinStandardHelpOptions = true,
        description = {
            "Measure what the processor costs, side by side with baselines, and say what it was measured on.",
            "",
            "Everything is started on this machine; nothing leaves it, nothing costs money. Leave the machine alone meanwhile."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate benchmark                         every measure: about an hour",
            "  halfrate benchmark --only seal,road        two of them",
            "  halfrate benchmark --scale 0.1 --rounds 1  a quick look, whose figures mean little",
            "",
            "Exit codes: 0 every goal was reached, 1 one was not, or something could not be measured, 2 wrong usage."
        })
public final class BenchmarkMain implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--list", description = "Name the measures, and run none.")
    private boolean list;

    @Option(names = "--only", paramLabel = "NAME", split = ",", description = "Only these measures.")
    private @Nullable List<String> only;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description =
                    "How often each side is measured, after rounds that do not count (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--scale",
            paramLabel = "FACTOR",
            defaultValue = "1",
            description = "Of the number of requests, above 0 and at most 1 (default: ${DEFAULT-VALUE}).")
    private double scale;

    @Option(
            names = "--into",
            paramLabel = "DIRECTORY",
            description =
                    "Write the table and the plots there as well, such as docs: into performance.md and its plots.")
    private @Nullable Path into;

    @Option(
            names = "--record",
            paramLabel = "DIRECTORY",
            description = "Put flight recordings of the processors there, to see what they spend their time on.")
    private @Nullable Path recordings;

    BenchmarkMain() {}

    public static void main(String[] args) {
        // Works only before the first logger is made.
        System.setProperty("logback.configurationFile", "logback-trial.xml");
        System.exit(new CommandLine(new BenchmarkMain()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var out = spec.commandLine().getOut();
        if (rounds < 1 || !(scale > 0 && scale <= 1)) {
            throw new ParameterException(
                    spec.commandLine(), "--rounds must be at least 1, and --scale above 0 and at most 1");
        }
        if (list) {
            Measures.ALL.forEach(measure -> out.printf("%-18s %s%n", measure.name(), measure.question()));
            return 0;
        }
        var measures = chosen();
        if (recordings != null) {
            Files.createDirectories(recordings);
        }
        var report = new Report(LocalDate.now(ZoneOffset.UTC), Machine.describe(), rounds, scale);
        out.println(report.on());
        var failed = new ArrayList<String>();
        for (var measure : measures) {
            out.printf("%n%s: %s%n", measure.name(), measure.question());
            if (!run(measure, report)) {
                failed.add(measure.name());
            }
        }
        out.printf("%n%s%n", report.table());
        if (into != null) {
            report.write(into);
        }
        failed.forEach(name -> out.println("not measured: " + name));
        return failed.isEmpty() && report.isMet() ? 0 : 1;
    }

    private List<Measure> chosen() {
        if (only == null) {
            return Measures.ALL;
        }
        return only.stream()
                .map(name -> Measures.ALL.stream()
                        .filter(measure -> measure.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new ParameterException(
                                spec.commandLine(), "no measure is called %s; --list names them".formatted(name))))
                .toList();
    }

    /** Each has a broker of its own, so that none finds what another has left. */
    private boolean run(Measure measure, Report report) throws IOException, InterruptedException {
        var out = spec.commandLine().getOut();
        var directory = Files.createTempDirectory("halfrate-benchmark-");
        try (var bench = Bench.open(directory, rounds, scale, recordings, out)) {
            for (var row : measure.run(bench)) {
                report.add(row);
                out.println("  " + Report.line(row));
            }
        } catch (TrialException e) {
            out.println("FAILED: " + e.getMessage());
            spec.commandLine().getErr().println("Logs and configurations are in " + directory);
            return false;
        }
        Directories.delete(directory);
        return true;
    }
}
