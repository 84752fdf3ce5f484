package dev.halfrate.trial;

import dev.halfrate.trial.process.BrokerCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** `scale`: more and fewer processors under load. */
@Command(
        name = "scale",
        mixinStandardHelpOptions = true,
        description = {
            "Add and take away processors under load (1, 4, 2, 3, 1), say how long partitions stood still, and audit what"
                    + " became of every request.",
            "",
            "Then SIGTERM comes while a create is under way, and in the midst of a large spool; at last members join and leave"
                    + " the ledger's group every second."
        })
final class ScaleCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "For the load (default: ${DEFAULT-VALUE}).")
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
        return Trial.run(
                spec, "scale --seed %d --vendor %s".formatted(seed, vendor), directory -> scale(chosen, directory));
    }

    private boolean scale(Vendor chosen, Path directory) throws IOException, InterruptedException {
        try (var cluster = BrokerCluster.start(directory, 1);
                var simulator = SimulatorProcess.start(directory.resolve("simulator"), seed);
                var fleet = new Fleet(
                        "scale",
                        Scaling.SERVICES,
                        chosen,
                        directory,
                        cluster,
                        simulator,
                        Scaling.SCALE,
                        seed,
                        spec.commandLine().getOut())) {
            return new Scaling(fleet, chosen, cluster, simulator).run();
        }
    }
}
