package dev.halfrate.trial;

import dev.halfrate.trial.process.BrokerCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** `rolling`: another release under way, and back. */
@Command(
        name = "rolling",
        mixinStandardHelpOptions = true,
        description = {
            "Replace processors of an earlier release one by one by those of this build, and back, under load, and audit what"
                    + " became of every request.",
            "",
            "Batches are in flight all the time that take longer than that. Both ways one processor is killed while"
                    + " both versions run side by side. The earlier release is built from git at first."
        })
final class RollingCommand implements Callable<Integer> {
    /** Whose formats every release reads and writes: docs/rationale/0018. */
    private static final String BASELINE = "ecd4bea";

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @ArgGroup
    private @Nullable Earlier earlier;

    private static final class Earlier {
        @Option(
                names = "--from",
                paramLabel = "REF",
                description = "The earlier release, as git names it (default: " + BASELINE
                        + ", the first whose formats are kept).")
        private @Nullable String ref;

        @Option(names = "--old-home", paramLabel = "DIR", description = "A directory with its sources instead.")
        private @Nullable Path home;
    }

    @Option(
            names = "--instances",
            paramLabel = "N",
            defaultValue = "3",
            description = "Processors, 2 to " + Subject.SERVICES_MAX + " (default: ${DEFAULT-VALUE}).")
    private int instances;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "For who is killed, and when (default: ${DEFAULT-VALUE}).")
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
        if (instances < 2 || instances > Subject.SERVICES_MAX) {
            throw new ParameterException(
                    spec.commandLine(), "--instances must be 2..%d, got %d".formatted(Subject.SERVICES_MAX, instances));
        }
        return Trial.run(
                spec,
                "rolling --instances %d --seed %d --vendor %s".formatted(instances, seed, vendor),
                directory -> roll(chosen, directory));
    }

    private boolean roll(Vendor chosen, Path directory) throws IOException, InterruptedException {
        var before = before(Files.createFile(directory.resolve("build.log")));
        try (var cluster = BrokerCluster.start(directory, 1);
                var simulator = SimulatorProcess.start(directory.resolve("simulator"), seed);
                var fleet = new Fleet(
                        "rolling",
                        instances,
                        chosen,
                        directory,
                        cluster,
                        simulator,
                        Scale.SMALL,
                        seed,
                        spec.commandLine().getOut())) {
            return new Rolling(fleet, before, Build.present(), seed).run();
        }
    }

    private Build before(Path log) throws IOException, InterruptedException {
        var out = spec.commandLine().getOut();
        if (earlier != null && earlier.home != null) {
            return Build.of(earlier.home.toString(), earlier.home, log);
        }
        var given = earlier == null ? null : earlier.ref;
        var ref = given == null ? BASELINE : given;
        var home = Build.home();
        if (home.isPresent()) {
            out.println("Looking for " + ref + " (it is built if it has not been yet: some minutes)");
            out.flush();
            var build = Build.ofRef(home.get(), ref, log);
            if (build.isPresent()) {
                return build.get();
            }
        }
        if (given != null) {
            throw new ParameterException(spec.commandLine(), "git does not know " + ref + " here");
        }
        out.println("There is no git with " + ref + " here (a shallow clone?): this build takes both parts,"
                + " so no two versions are tried. --from REF or --old-home DIR name another one.");
        return Build.present();
    }
}
