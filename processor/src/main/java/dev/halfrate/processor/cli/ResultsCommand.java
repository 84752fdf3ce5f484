package dev.halfrate.processor.cli;

import dev.halfrate.processor.PublicTopics;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.Durations;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.OperatorJson;
import dev.halfrate.processor.transfer.ResultForm;
import dev.halfrate.processor.transfer.ResultReader;
import dev.halfrate.processor.transfer.ResultRun;
import dev.halfrate.processor.transfer.WantedIds;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** `results`: answers, from their topic to a file or the terminal. */
@Command(
        name = "results",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Read results: those that are there, those that come, or those of certain requests.",
            "",
            "Results in JSON and in Avro are read alike, and answers in parts are joined. It joins no consumer group, so it"
                    + " disturbs nobody who reads the same topics. Results hold answers: they go where you say, and into no log."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate results -c halfrate.yaml --from 1h                            those of the last hour",
            "  halfrate results -c halfrate.yaml --ids requests.jsonl --out answers.jsonl",
            "  halfrate results -c halfrate.yaml --custom-id review-4711 --output text",
            "  halfrate results -c halfrate.yaml --follow --status failed | jq .error",
            "",
            "With --ids it waits until each request of FILE has its result. Of several results of a request the latest counts.",
            "",
            "Exit codes: 0 done, 1 failed, or of the requests that were asked for some have not succeeded or have no result,"
                    + " 2 wrong usage or configuration, 130 stopped by Ctrl-C."
        })
final class ResultsCommand implements Callable<Integer> {
    private static final Duration STOP_WAIT = Duration.ofSeconds(5);

    /** Whose. */
    static final class Whose {
        @Option(
                names = "--custom-id",
                paramLabel = "ID",
                required = true,
                description = "Of this request only; waits for it with --follow or --timeout.")
        private @Nullable String customId;

        @Option(
                names = "--ids",
                paramLabel = "FILE",
                required = true,
                description =
                        "Of these requests, and wait until each has one: a custom_id a line, or the file of requests that"
                                + " was sent.")
        private @Nullable Path ids;
    }

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption configuration;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ResultOptions options;

    @ArgGroup
    private @Nullable Whose whose;

    @Option(
            names = "--from",
            paramLabel = "WHEN",
            description = {
                "Begin there: earliest, latest, an instant such as 2026-11-21T20:00:00Z, or a time ago such as 2h.",
                "Default: earliest; latest with --follow alone."
            })
    private @Nullable String from;

    @Option(names = "--follow", description = "Go on with results that come, until Ctrl-C.")
    private boolean follow;

    @Option(
            names = "--status",
            split = ",",
            paramLabel = "STATUS",
            description = "Write only these: succeeded, failed, expired, cancelled, rejected; several with commas.")
    private @Nullable List<Result.Status> statuses;

    @Option(
            names = "--json",
            description = {
                "With --out, print the summary as one JSON object.",
                "Without, only JSON lines are printed, as --output record and vendor do anyway."
            })
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        var begin = begin(Instant.now());
        check();
        var config = configuration.load();
        var wanted = wanted();
        try (var topics = new PublicTopics(config);
                var sink = LineSink.to(options.out, follow && wanted == null)) {
            var one = whose == null ? null : whose.customId;
            if (one != null) {
                // Where it has been since the topics have as many partitions as now.
                try (var reader = ResultReader.open(config, topics.feeds(), begin, one)) {
                    var run = new ResultRun(reader, settings(wanted, false), sink, _ -> {});
                    var counts = run.run();
                    if (counts.missing() == 0) {
                        sink.finish();
                        return conclude(counts, false);
                    }
                }
            }
            return read(config, topics, begin, wanted, sink);
        }
    }

    private int read(
            HalfrateConfig config, PublicTopics topics, Instant begin, @Nullable WantedIds wanted, LineSink sink)
            throws InterruptedException {
        var terminal = Terminal.of(spec.commandLine().getErr(), System.getenv());
        var bar = new ProgressBar(terminal);
        // Results and a bar would draw over each other.
        var quiet = options.out == null && terminal.isInteractive();
        var said = new CountDownLatch(1);
        try (var reader = ResultReader.open(config, topics.feeds(), begin)) {
            var run = new ResultRun(reader, settings(wanted, goesOn()), sink, counts -> {
                if (!quiet) {
                    bar.show(state(counts));
                }
            });
            try (var stop = StopSignal.closing(() -> {
                run.stop();
                said.await(STOP_WAIT.toSeconds(), TimeUnit.SECONDS);
            })) {
                var counts = run.run();
                if (!quiet) {
                    bar.finish(state(counts));
                }
                if (!stop.received() || wanted == null) {
                    sink.finish();
                }
                return conclude(counts, stop.received());
            }
        } finally {
            said.countDown();
        }
    }

    private int conclude(ResultRun.Counts counts, boolean stopped) {
        var summary = ResultSummary.of(counts, options.out, false);
        var commandLine = spec.commandLine();
        if (stopped && counts.wanted() > 0) {
            commandLine.getErr().println("halfrate: stopped; nothing is lost: the same command reads them again");
        }
        if (options.out != null) {
            commandLine.getOut().println(json ? OperatorJson.write(summary) : summary.text());
            commandLine.getOut().flush();
        } else if (counts.wanted() > 1 || counts.unreadable() > 0 || counts.withoutAnswer() > 0) {
            commandLine.getErr().println(summary.text());
        } else if (counts.missing() > 0) {
            commandLine.getErr().println("halfrate: there is no result of it yet");
        }
        commandLine.getErr().flush();
        return counts.missing() == 0 && (counts.wanted() == 0 || counts.notSucceeded() == 0)
                ? CommandLines.DONE
                : CommandLines.FAILED;
    }

    static ProgressBar.State state(ResultRun.Counts counts) {
        var failed = counts.notSucceeded();
        return new ProgressBar.State(
                counts.elapsed(),
                counts.results(),
                counts.results(),
                counts.wanted(),
                failed == 0 ? "" : "%s not succeeded".formatted(ProgressBar.number(failed)));
    }

    private ResultRun.Settings settings(@Nullable WantedIds wanted, boolean goesOn) {
        Set<Result.Status> all = EnumSet.allOf(Result.Status.class);
        return new ResultRun.Settings(
                statuses == null ? all : EnumSet.copyOf(statuses), wanted, null, goesOn, options.timeout, options.form);
    }

    /** Whether it waits at the end of what is there. */
    private boolean goesOn() {
        return follow || options.timeout != null || (whose != null && whose.ids != null);
    }

    private @Nullable WantedIds wanted() {
        if (whose == null) {
            return null;
        }
        if (whose.ids != null) {
            var wanted = WantedIds.of(whose.ids);
            if (wanted.size() == 0) {
                throw new CommandException(whose.ids + " has no custom_id");
            }
            return wanted;
        }
        var wanted = new WantedIds();
        wanted.add(String.valueOf(whose.customId));
        return wanted;
    }

    private void check() {
        if (options.timeout != null && whose == null) {
            throw misused("--timeout goes with --ids or --custom-id");
        }
        if (json && options.out == null && options.form == ResultForm.TEXT) {
            throw misused("--output text is no JSON");
        }
    }

    private Instant begin(Instant now) {
        if (from == null) {
            return follow && whose == null ? Instant.MAX : Instant.MIN;
        }
        return switch (from) {
            case "earliest" -> Instant.MIN;
            case "latest" -> Instant.MAX;
            default -> instant(from, now);
        };
    }

    private Instant instant(String text, Instant now) {
        try {
            return text.contains("T")
                    ? OffsetDateTime.parse(text).toInstant()
                    : now.minus(Durations.parse("--from", text));
        } catch (DateTimeParseException | ConfigException _) {
            throw misused(
                    "--from must be earliest, latest, an instant such as 2026-11-21T20:00:00Z, or a time ago such as 2h");
        }
    }

    private ParameterException misused(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
