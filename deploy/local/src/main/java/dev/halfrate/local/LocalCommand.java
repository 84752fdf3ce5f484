package dev.halfrate.local;

import dev.halfrate.processor.cli.CommandException;
import dev.halfrate.processor.cli.StopSignal;
import dev.halfrate.processor.cli.Version;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** `local`: the same as the demo, without a load, until it is stopped. */
@Command(
        name = "local",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Run Kafka, a schema registry, a simulator of OpenAI's and Anthropic's batch APIs and the processor in this"
                    + " process, until Ctrl-C.",
            "",
            "Only this machine can connect. Without --data-dir everything is gone afterwards; with it, Kafka's"
                    + " topics and schemas stay, but the simulator always starts empty."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate local",
            "  halfrate local --demo-load    and open the page in a browser",
            "  halfrate local --data-dir ./state --no-processor    and in another terminal:",
            "  halfrate run --config ./state/halfrate.yaml",
            "",
            "Exit codes: 1 it could not start or the processor had to give up, 2 wrong usage."
        })
final class LocalCommand implements Callable<Integer> {
    /** So that one sees batches before they end. */
    private static final double WATCHED_SPEED = 40;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "19092",
            description = "Kafka's port, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--simulator-port",
            paramLabel = "N",
            defaultValue = "18080",
            description = "The simulator's port, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int simulatorPort;

    @Option(
            names = "--registry-port",
            paramLabel = "N",
            defaultValue = "18081",
            description = "The schema registry's port, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int registryPort;

    @Option(
            names = "--admin-port",
            paramLabel = "N",
            defaultValue = "18090",
            description = "The operators' port, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int adminPort;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Keep Kafka's data, the log and the processor's state here.")
    private @Nullable Path dataDirectory;

    @Option(names = "--no-processor", description = "Leave the processor to `halfrate run`; writes its configuration.")
    private boolean withoutProcessor;

    @Option(
            names = "--demo-load",
            description = "Send made-up requests all the time, to have something to watch on the page.")
    private boolean demoLoad;

    @Option(
            names = "--speed",
            paramLabel = "X",
            description = "Simulated seconds per real second (default: " + (int) DemoCommand.SPEED
                    + ", with --demo-load " + (int) WATCHED_SPEED + ").")
    private @Nullable Double speed;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "For the simulator's chances (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Override
    public Integer call() throws Exception {
        check();
        try (var workspace =
                dataDirectory == null ? Workspace.temporary("halfrate-local-") : Workspace.at(dataDirectory)) {
            Logs.into(workspace.log());
            var words = spec.commandLine().getOut();
            var plan = new LocalStack.Plan(
                    port,
                    simulatorPort,
                    registryPort,
                    adminPort,
                    workspace.directory(),
                    seed,
                    speed(),
                    !withoutProcessor,
                    null,
                    demoLoad ? LocalSettings.Windows.WATCHED : LocalSettings.Windows.SMALL);
            try (var stack = LocalStack.start(plan);
                    var load = demoLoad ? SteadyLoad.start(stack.config()) : null) {
                words.print(LocalGuide.connect(stack, workspace.log()));
                if (withoutProcessor) {
                    var config = RunConfig.write(stack.config(), workspace.directory());
                    words.print(LocalGuide.run(config));
                }
                words.println("Ctrl-C stops it.");
                words.flush();
                stayUp(load, stack, workspace);
            }
            return 0;
        }
    }

    /** Everything is closed by the signal, whose handler the JVM waits for. */
    private void stayUp(@Nullable SteadyLoad load, LocalStack stack, Workspace workspace) {
        try (var stop = StopSignal.closing(Closing.all(load, stack, workspace))) {
            var failure = stack.failure().join();
            if (!stop.received()) {
                workspace.keepLog(spec.commandLine().getErr());
                throw new CommandException("the processor gave up: " + failure.getMessage(), failure);
            }
        }
    }

    private void check() {
        Options.requirePort(spec, port);
        Options.requirePort(spec, simulatorPort);
        Options.requirePort(spec, registryPort);
        Options.requirePort(spec, adminPort);
        Options.requireSpeed(spec, speed());
    }

    private double speed() {
        var chosen = speed;
        return chosen != null ? chosen : demoLoad ? WATCHED_SPEED : DemoCommand.SPEED;
    }
}
