package dev.halfrate.trial;

import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.Durations;
import dev.halfrate.trial.process.BrokerCluster;
import dev.halfrate.trial.process.Directories;
import dev.halfrate.trial.process.TrialException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** `soak`: requests all the time, a fault every ten seconds, then quiet. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        description = {
            "Send requests for a long time while everything around fails at random, and audit what became of them.",
            "",
            "Every ten seconds a processor is killed or stopped for a while, one of three brokers is killed and started again, or"
                    + " the vendor resets connections, answers with errors, is slow, or damages its result files."
        })
final class SoakCommand implements Callable<Integer> {
    /** Any one of them can be missed. */
    private static final int BROKERS = 3;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            defaultValue = "30m",
            converter = ADuration.class,
            description = "How long, such as 90s, 30m or 8h (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private Duration length;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "For the choice of faults (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--vendor",
            paramLabel = "NAME",
            defaultValue = "openai",
            description = "Whose API (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private String vendor;

    @Override
    public Integer call() throws IOException, InterruptedException {
        var chosen = Vendor.of(vendor)
                .orElseThrow(() -> new ParameterException(spec.commandLine(), "no vendor is called " + vendor));
        var directory = Files.createTempDirectory("halfrate-trial-");
        try {
            if (soak(chosen, directory)) {
                Directories.delete(directory);
                return 0;
            }
        } catch (TrialException e) {
            spec.commandLine().getOut().println("FAILED: " + e.getMessage());
        }
        spec.commandLine()
                .getOut()
                .printf(
                        "to repeat it: ./halfrate trial soak --for %s --seed %d --vendor %s%n",
                        Durations.format(length), seed, vendor);
        spec.commandLine().getErr().println("Logs and configurations are in " + directory);
        return 1;
    }

    private boolean soak(Vendor chosen, Path directory) throws IOException, InterruptedException {
        try (var cluster = BrokerCluster.start(directory, BROKERS);
                var simulator = SimulatorProcess.start(directory.resolve("simulator"), seed);
                var soak = new Soak(
                        chosen,
                        directory,
                        cluster,
                        simulator,
                        seed,
                        spec.commandLine().getOut())) {
            return soak.run(length);
        }
    }

    /** As the configuration file writes them. */
    static final class ADuration implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            try {
                return Durations.parse("a length", text);
            } catch (ConfigException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }
}
