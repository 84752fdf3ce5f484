package dev.halfrate.local;

import dev.halfrate.processor.cli.CommandException;
import dev.halfrate.processor.cli.CommandLines;
import dev.halfrate.processor.cli.StopSignal;
import dev.halfrate.processor.cli.Version;
import dev.halfrate.processor.money.Report;
import dev.halfrate.processor.ops.StatusReader;
import java.io.PrintWriter;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** `example`: the worked example of docs/money.md. */
@Command(
        name = "example",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Send the 10,000 requests that docs/money.md works out by hand, and print what they cost.",
            "",
            "As demo does, it starts all it needs in this process, and nothing costs money. It compares the report with the"
                    + " figures worked out by hand, to the cent."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate example",
            "",
            "Exit codes: 0 the report is as worked out by hand, 1 it is not, 2 wrong usage."
        })
final class ExampleCommand implements Callable<Integer> {
    private static final double SPEED = 600;
    private static final Duration STALL_MAX = Duration.ofSeconds(120);
    private static final int CENTS = 2;

    /** One batch of each model: the longest window, or nearly so, is the busier model's. */
    private static final LocalSettings.Windows WINDOWS = new LocalSettings.Windows(6_000, Duration.ofSeconds(15));

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--speed",
            paramLabel = "X",
            defaultValue = "" + SPEED,
            description = "Simulated seconds per real second (default: ${DEFAULT-VALUE}).")
    private double speed;

    @Override
    public Integer call() throws Exception {
        Options.requireSpeed(spec, speed);
        var words = spec.commandLine().getOut();
        try (var workspace = Workspace.temporary("halfrate-example-")) {
            Logs.into(workspace.log());
            words.println("Starting Kafka, the simulator and the processor ...");
            words.flush();
            try {
                return run(workspace, words);
            } catch (Exception e) {
                workspace.keepLog(spec.commandLine().getErr());
                throw e;
            }
        }
    }

    private int run(Workspace workspace, PrintWriter words) throws InterruptedException {
        var plan = new LocalStack.Plan(
                0, 0, 0, LocalStack.NO_PORT, workspace.directory(), 1, speed, true, Upstream.OPENAI, WINDOWS);
        try (var stack = LocalStack.start(plan);
                var stop = StopSignal.closing(Closing.all(stack, workspace))) {
            stack.answerAtLeast(WorkedExample.ANSWER_BYTES_MIN);
            var demo = new Demo(
                    stack.config(),
                    stack.failure(),
                    new WorkedExample(),
                    null,
                    STALL_MAX,
                    Screen.of(words, System.getenv()));
            var outcome = demo.run(stop::received);
            if (stop.received()) {
                return CommandLines.FAILED;
            }
            words.println();
            report(stack, workspace.directory(), words);
            if (!outcome.isClean()) {
                throw new CommandException(DemoSummary.failure(outcome, (int) STALL_MAX.toSeconds()));
            }
            compare(stack, words);
            return CommandLines.DONE;
        }
    }

    /** As anybody would see it. */
    private static void report(LocalStack stack, Path directory, PrintWriter words) {
        var file = RunConfig.write(stack.config(), directory);
        LocalMain.commandLine().setOut(words).execute("report", "--config", file.toString(), "--by", "lane");
    }

    private static void compare(LocalStack stack, PrintWriter words) throws InterruptedException {
        try (var reader = StatusReader.open(stack.config())) {
            var paid = Report.of(reader.spends(), List.of(Report.By.MODEL)).stream()
                    .collect(Collectors.toMap(
                            row -> row.keys().getFirst(),
                            row -> row.spend().cost().paid().dollars().setScale(CENTS, RoundingMode.HALF_UP)));
            if (!paid.equals(WorkedExample.PAID)) {
                throw new CommandException(
                        "worked out by hand it is %s, reported was %s".formatted(WorkedExample.PAID, paid));
            }
            words.println("As docs/money.md works it out by hand, to the cent.");
            words.flush();
        }
    }
}
