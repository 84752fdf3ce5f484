package dev.halfrate.local;

import dev.halfrate.processor.cli.CommandException;
import dev.halfrate.processor.cli.CommandLines;
import dev.halfrate.processor.cli.StopSignal;
import dev.halfrate.processor.cli.Version;
import dev.halfrate.processor.config.Durations;
import dev.halfrate.processor.lines.WholeFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** `demo`: the main job once, with everything it needs. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Send requests through Kafka, a simulated batch API and back, and check that each has one answer.",
            "",
            "Starts a Kafka broker, a simulator of OpenAI's and Anthropic's batch APIs and the processor in this process,"
                    + " on free ports and in a temporary directory. Nothing leaves the machine, nothing costs money."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate demo                                          1,000 made-up requests",
            "  halfrate demo --requests 20000",
            "  halfrate demo --file requests.jsonl --out answers.jsonl",
            "  halfrate demo --provider anthropic",
            "",
            "Each line of a file is one request as in OpenAI's or Anthropic's batches:",
            "  {\"custom_id\": \"a1\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\", \"body\": {...}}",
            "  {\"custom_id\": \"a2\", \"params\": {\"model\": \"claude-haiku-4-5\", \"max_tokens\": 100, ...}}",
            "",
            "Exit codes: 0 every line has exactly one result or dead letter, 1 otherwise, 2 wrong usage."
        })
final class DemoCommand implements Callable<Integer> {
    static final double SPEED = 120;

    /** What to send. */
    static final class Load {
        @Option(
                names = {"-n", "--requests"},
                paramLabel = "N",
                description = "Make up N requests (default: 1000).")
        @Nullable
        Long requests;

        @Option(
                names = {"-f", "--file"},
                paramLabel = "FILE",
                description = "Send the lines of FILE as they are; empty ones are left out.")
        @Nullable
        Path file;
    }

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @ArgGroup
    private @Nullable Load load;

    @Option(
            names = "--provider",
            paramLabel = "NAME",
            description = {
                "Send all requests to one vendor: ${COMPLETION-CANDIDATES}.",
                "Without it their models decide, and made-up ones go to openai. A gateway takes requests without a file."
            })
    private @Nullable Upstream provider;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            description = "Write each result as a line to FILE, in any order, once all are there.")
    private @Nullable Path out;

    @Option(
            names = "--speed",
            paramLabel = "X",
            defaultValue = "" + SPEED,
            description = "Simulated seconds per real second (default: ${DEFAULT-VALUE}).")
    private double speed;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "For made-up requests and the simulator's chances (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--stall-timeout",
            paramLabel = "SECONDS",
            defaultValue = "120",
            description = "Give up if nothing moves for so long (default: ${DEFAULT-VALUE}).")
    private int stallSeconds;

    @Override
    public Integer call() throws Exception {
        check();
        var lines = lines();
        var words = spec.commandLine().getOut();
        try (var workspace = Workspace.temporary("halfrate-demo-");
                var answers = out == null ? null : new WholeFile(out)) {
            Logs.into(workspace.log());
            words.println("Starting Kafka, the simulator and the processor ...");
            words.flush();
            try {
                return run(workspace, lines, answers, words);
            } catch (Exception e) {
                workspace.keepLog(spec.commandLine().getErr());
                throw e;
            }
        }
    }

    private int run(Workspace workspace, RequestLines lines, @Nullable WholeFile answers, PrintWriter words)
            throws InterruptedException {
        var plan = new LocalStack.Plan(0, 0, workspace.directory(), seed, speed, true, provider);
        try (var stack = LocalStack.start(plan);
                var stop = StopSignal.closing(Closing.all(stack, answers, workspace))) {
            words.print(settings(stack, lines));
            words.flush();
            var demo = new Demo(
                    stack.config(),
                    stack.failure(),
                    lines,
                    answers,
                    Duration.ofSeconds(stallSeconds),
                    Screen.of(words, System.getenv()));
            var outcome = demo.run(stop::received);
            if (stop.received()) {
                return CommandLines.FAILED;
            }
            words.print(DemoSummary.of(outcome, stack.billingBook().summary()));
            words.flush();
            return conclude(outcome, answers, words);
        }
    }

    private int conclude(Demo.Outcome outcome, @Nullable WholeFile answers, PrintWriter words) {
        if (!outcome.isClean()) {
            throw new CommandException(DemoSummary.failure(outcome, stallSeconds));
        }
        if (answers != null) {
            answers.finish();
            words.println("Answers are in " + out);
        }
        return CommandLines.DONE;
    }

    private void check() {
        if (load != null && load.requests != null && load.requests < 1) {
            throw new ParameterException(spec.commandLine(), "--requests must be 1 or more, got " + load.requests);
        }
        Options.requireSpeed(spec, speed);
        if (stallSeconds < 1) {
            throw new ParameterException(spec.commandLine(), "--stall-timeout must be 1 or more, got " + stallSeconds);
        }
    }

    private RequestLines lines() {
        if (load != null && load.file != null) {
            return RequestLines.ofFile(load.file);
        }
        var requests = load == null || load.requests == null ? 1_000 : load.requests;
        return RequestLines.generated(requests, seed, provider == Upstream.ANTHROPIC);
    }

    private String settings(LocalStack stack, RequestLines lines) {
        var polls = LocalSettings.POLL_DELAYS.stream().map(Durations::format).collect(Collectors.joining(", "));
        return """
                Kafka %s, simulator %s
                Demo settings: a window closes at %d requests or after %s, batches are polled after %s,
                the simulator's clock runs %.0f times as fast. Sending %s.

                """.formatted(
                        stack.bootstrapServers(),
                        stack.simulatorUrl(),
                        LocalSettings.WINDOW_REQUESTS_MAX,
                        Durations.format(LocalSettings.WINDOW_AGE_MAX),
                        polls,
                        speed,
                        ProgressView.count(lines.count(), "request", "requests"));
    }
}
