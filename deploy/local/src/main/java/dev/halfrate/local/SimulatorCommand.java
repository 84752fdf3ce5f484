package dev.halfrate.local;

import dev.halfrate.processor.cli.StopSignal;
import dev.halfrate.processor.cli.Version;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.simulator.Simulator;
import dev.halfrate.simulator.SimulatorConfig;
import dev.halfrate.simulator.SimulatorStartException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** `simulator`: the simulated vendors alone, until it is stopped. */
@Command(
        name = "simulator",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Run only the simulator of the batch APIs in this process, until Ctrl-C.",
            "",
            "Only this machine can connect, unless --host says otherwise. It always starts empty. How it is told to misbehave is in"
                    + " deploy/simulator/README.md."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate simulator",
            "  curl localhost:18080/control/billing",
            "",
            "Exit codes: 1 it could not start, 2 wrong usage."
        })
final class SimulatorCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "The address to listen on (default: ${DEFAULT-VALUE}).")
    private String host = "";

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "18080",
            description = "Its port, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--data-dir", paramLabel = "DIR", description = "Keep files here while it runs.")
    private @Nullable Path dataDirectory;

    @Option(
            names = "--speed",
            paramLabel = "X",
            defaultValue = "" + DemoCommand.SPEED,
            description = "Simulated seconds per real second (default: ${DEFAULT-VALUE}).")
    private double speed;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "For its chances (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Override
    public Integer call() throws Exception {
        Options.requirePort(spec, port);
        Options.requireSpeed(spec, speed);
        var config = SimulatorConfig.defaults().withHost(host).withSpeed(speed).withSeed(seed);
        if (dataDirectory != null) {
            config = config.withDataDirectory(dataDirectory);
        }
        try (var simulator = Simulator.start(config.withPort(EmbeddedBroker.freePort(port, "--port")));
                var _ = StopSignal.closing(simulator)) {
            var words = spec.commandLine().getOut();
            words.println("The simulator is " + simulator.baseUrl());
            words.println("Ctrl-C stops it.");
            words.flush();
            new CountDownLatch(1).await();
        } catch (SimulatorStartException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
        return 0;
    }
}
