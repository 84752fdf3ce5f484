package dev.halfrate.trial;

import dev.halfrate.trial.process.BrokerCluster;
import dev.halfrate.trial.process.Directories;
import dev.halfrate.trial.process.TrialException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** `large`: a batch as large as the vendor takes, in a small heap. */
@Command(
        name = "large",
        mixinStandardHelpOptions = true,
        description = {
            "Fill a batch up to the vendor's limit (200 MiB at OpenAI, 256 MB at Anthropic), let one processor with a heap of"
                    + " 128 MB create and collect it, and audit what became of every request.",
            "",
            "The answers are about as large as the requests. Out of memory is the end of the processor, and of the trial."
        })
final class LargeCommand implements Callable<Integer> {
    private static final int BROKERS = 1;
    private static final long SEED = 1;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--vendor",
            paramLabel = "NAME",
            description = "Whose API; may be repeated (default: every one that is known).")
    private @Nullable List<String> vendors;

    @Option(
            names = "--megabytes",
            paramLabel = "N",
            description = "Make batches only so large, at least 1 (default: as large as the vendor takes).")
    private @Nullable Integer megabytes;

    @Option(
            names = "--batches",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many full ones, which run at the same time (default: ${DEFAULT-VALUE}).")
    private int batches;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (megabytes != null && megabytes < 1) {
            throw new ParameterException(spec.commandLine(), "--megabytes must be at least 1, got " + megabytes);
        }
        if (batches < 1) {
            throw new ParameterException(spec.commandLine(), "--batches must be at least 1, got " + batches);
        }
        var kept = true;
        for (var vendor : chosen()) {
            kept &= passes(vendor);
        }
        return kept ? 0 : 1;
    }

    private List<Vendor> chosen() {
        if (vendors == null) {
            return Arrays.asList(Vendor.values());
        }
        return vendors.stream()
                .map(name -> Vendor.of(name)
                        .orElseThrow(() -> new ParameterException(spec.commandLine(), "no vendor is called " + name)))
                .toList();
    }

    private boolean passes(Vendor vendor) throws IOException, InterruptedException {
        var out = spec.commandLine().getOut();
        var directory = Files.createTempDirectory("halfrate-trial-");
        try {
            var outcome = run(vendor, directory);
            out.println(vendor.provider() + ": " + outcome);
            outcome.violations().forEach(violation -> out.println("    " + violation));
            if (outcome.violations().isEmpty()) {
                Directories.delete(directory);
                return true;
            }
        } catch (TrialException e) {
            out.println(vendor.provider() + " FAILED: " + e.getMessage());
        }
        spec.commandLine().getErr().println("Logs and configurations are in " + directory);
        return false;
    }

    private Large.Outcome run(Vendor vendor, Path directory) throws IOException, InterruptedException {
        try (var cluster = BrokerCluster.start(directory, BROKERS);
                var simulator = SimulatorProcess.start(directory.resolve("simulator"), SEED)) {
            var bytesMax = megabytes == null ? vendor.batchBytesMax : megabytes * 1_000_000L;
            return Large.run(vendor, directory, cluster, simulator, bytesMax, batches);
        }
    }
}
