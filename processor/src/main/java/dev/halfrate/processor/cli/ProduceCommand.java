package dev.halfrate.processor.cli;

import static dev.halfrate.processor.cli.ProgressBar.number;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.PublicTopics;
import dev.halfrate.processor.codec.Parsed;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.Wishes;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.config.Mode;
import dev.halfrate.processor.ops.OperatorJson;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.processor.transfer.RequestFeed;
import dev.halfrate.processor.transfer.RequestSender;
import dev.halfrate.processor.transfer.ResultReader;
import dev.halfrate.processor.transfer.ResultRun;
import dev.halfrate.processor.transfer.WantedIds;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** `produce`: a file of requests to their topic. */
@Command(
        name = "produce",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Send the requests of a file to the requests topic, keyed by custom_id.",
            "",
            "Every line is looked at before anything is sent, as the service itself will look at it; standard input line by line,"
                    + " as it comes. To send a file again is harmless as long as its requests are under way or succeeded within"
                    + " lanes.duplicates-horizon: repeated requests are absorbed, and paid for once."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate produce -c halfrate.yaml requests.jsonl",
            "  halfrate produce -c halfrate.yaml --dry-run requests.jsonl",
            "  halfrate produce -c halfrate.yaml --tag nightly --wait --out answers.jsonl requests.jsonl",
            "  zcat requests.jsonl.gz | halfrate produce -c halfrate.yaml --mode auto --deadline 2h",
            "",
            "Each line of FILE is one request as in OpenAI's or Anthropic's batches:",
            "  {\"custom_id\": \"a1\", \"method\": \"POST\",",
            "   \"url\": \"/v1/chat/completions\", \"body\": {...}}",
            "  {\"custom_id\": \"a2\", \"params\": {\"model\": \"claude-haiku-4-5\", ...}}",
            "",
            "Exit codes: 0 all is sent, and with --wait all have succeeded, 1 otherwise, 2 wrong usage or configuration,"
                    + " 130 stopped by Ctrl-C; it says then with which line to go on."
        })
final class ProduceCommand implements Callable<Integer> {
    private static final int STOP_WAIT_SECONDS = 10;

    /** Where nobody may write any more: a read of standard input cannot be ended. */
    private static final int STOP_WAIT_SECONDS_STDIN = 2;

    /** How values are written. */
    enum Format {
        JSON,
        AVRO
    }

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption configuration;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ResultOptions results;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private JsonOption json;

    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            defaultValue = "-",
            description = "The requests, JSON lines; empty ones are left out. Without it, or with -, standard input.")
    private Path file = Path.of("-");

    @Option(
            names = "--topic",
            paramLabel = "TOPIC",
            description = "One of topics.requests (default: the first of them).")
    private @Nullable String topic;

    @Option(
            names = {"-a", "--account"},
            paramLabel = "NAME",
            description = "The account that takes the requests, whatever their models (header halfrate-account).")
    private @Nullable String account;

    @Option(names = "--tag", paramLabel = "TAG", description = "A label for money (header halfrate-tag).")
    private @Nullable String tag;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            description = "batch, sync or auto, instead of the account's (header halfrate-mode).")
    private @Nullable Mode mode;

    @Option(
            names = "--deadline",
            paramLabel = "WHEN",
            description = "When answers are wanted in mode auto: an instant, or a time from now such as 2h (header"
                    + " halfrate-deadline).")
    private @Nullable String deadline;

    @Option(
            names = "--result",
            paramLabel = "RULE",
            description = "The rule for the results, one of the configuration's (header halfrate-result).")
    private @Nullable String result;

    @Option(
            names = "--header",
            paramLabel = "NAME=VALUE",
            description = "Any other header of the records, such as one of requests.echo-headers; may be repeated.")
    private @Nullable Map<String, String> otherHeaders;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "json",
            description =
                    "How the records are written, json or avro; avro takes a schema registry (default: ${DEFAULT-VALUE}).")
    private Format format = Format.JSON;

    @Option(
            names = "--skip-invalid",
            description =
                    "Leave out lines that are no requests, and say which; otherwise nothing is sent because of them.")
    private boolean skipInvalid;

    @Option(
            names = "--no-check",
            description =
                    "Do not read the file to its end before the first request is sent. A line that is no request ends it"
                            + " then where it stands.")
    private boolean noCheck;

    @Option(
            names = "--from-line",
            paramLabel = "N",
            defaultValue = "1",
            description = "Begin with line N, where an earlier run has ended (default: ${DEFAULT-VALUE}).")
    private long fromLine;

    @Option(
            names = {"-n", "--max-requests"},
            paramLabel = "N",
            description = "Send N requests at most.")
    private @Nullable Long requestsMax;

    @Option(names = "--dry-run", description = "Look at all lines, and send nothing. Kafka is not needed.")
    private boolean dryRun;

    @Option(
            names = "--wait",
            description = {
                "Wait until each request has its result, and write them as halfrate results does.",
                "What succeeded under its custom_id within lanes.duplicates-horizon counts, because a repeated request is absorbed: give"
                        + " another request another custom_id."
            })
    private boolean wait;

    /**
     * What --json prints.
     *
     * @param sent requests, or those that would be
     * @param invalid lines left out
     * @param problems of the first of them
     * @param throughLine the last line of which it and all before are sent; null if that is all of them
     * @param results null if they were not waited for
     */
    private record Json(
            String topic,
            boolean dryRun,
            long sent,
            long invalid,
            List<String> problems,
            @Nullable Long throughLine,
            double seconds,
            @Nullable ResultSummary results) {}

    private volatile @Nullable RequestFeed feed;
    private volatile @Nullable ResultRun run;
    private volatile boolean stopping;
    private boolean sending;

    @Override
    public Integer call() throws InterruptedException {
        checkOptions();
        var headers = headers();
        var config = configuration.load();
        var to = topic == null ? config.topics().requests().getFirst() : topic;
        if (!config.topics().requests().contains(to)) {
            throw misused("--topic must be one of topics.requests: "
                    + String.join(", ", config.topics().requests()));
        }
        var said = new CountDownLatch(1);
        try (var topics = new PublicTopics(config);
                var _ = StopSignal.closing(() -> stop(said))) {
            return produce(config, topics, to, headers);
        } finally {
            said.countDown();
        }
    }

    private void stop(CountDownLatch said) throws InterruptedException {
        stopping = true;
        var feeding = feed;
        var waiting = run;
        if (waiting != null) {
            waiting.stop();
        } else if (feeding != null) {
            feeding.stop();
        }
        var inTime = said.await(isStdin() ? STOP_WAIT_SECONDS_STDIN : STOP_WAIT_SECONDS, TimeUnit.SECONDS);
        if (!inTime && feeding != null) {
            sayGoOn(feeding.throughLine());
        }
    }

    private int produce(HalfrateConfig config, PublicTopics topics, String to, Headers headers)
            throws InterruptedException {
        var bar = ProgressBar.on(err());
        var check = topics.check(to);
        var settings = new RequestFeed.Settings(
                file,
                headers,
                form(topics, to),
                config.requests().lineBytesMax(),
                skipInvalid,
                fromLine,
                requestsMax == null ? Long.MAX_VALUE : requestsMax);
        var feeding = new RequestFeed(settings, check::problem, counts -> bar.show(state(counts)));
        feed = feeding;
        RequestFeed.Checked checked = null;
        if (dryRun || (feeding.isCheckable() && !noCheck)) {
            checked = feeding.check();
            if (checked == null) {
                err().println("halfrate: stopped; nothing was sent");
                return CommandLines.FAILED;
            }
            requireRequests(checked);
            if (dryRun) {
                return say(to, checked.requests(), checked.invalid(), checked.problems(), null, 0, null);
            }
        }
        if (!wait) {
            return send(config, to, feeding, bar, checked, null, null);
        }
        // What comes from now on is an answer to what is sent from now on.
        try (var reader = ResultReader.open(config, topics.feeds(), Instant.MIN)) {
            return send(config, to, feeding, bar, checked, new WantedIds(), reader);
        }
    }

    private int send(
            HalfrateConfig config,
            String to,
            RequestFeed feeding,
            ProgressBar bar,
            RequestFeed.@Nullable Checked checked,
            @Nullable WantedIds wanted,
            @Nullable ResultReader reader)
            throws InterruptedException {
        var began = Instant.now();
        sending = true;
        RequestFeed.Outcome outcome;
        try (var sender = RequestSender.open(config, to)) {
            outcome = feeding.send(sender, checked != null, (customId, _) -> {
                if (wanted != null) {
                    wanted.add(customId);
                }
            });
        } catch (StartupException e) {
            if (feeding.throughLine() > 0) {
                sayGoOn(feeding.throughLine());
            }
            throw e;
        }
        bar.finish(state(outcome.counts()));
        return switch (outcome) {
            case RequestFeed.Outcome.Done(var counts, var problems) -> {
                if (wanted == null || reader == null || wanted.size() == 0) {
                    yield say(to, counts.stored(), counts.invalid(), problems, null, seconds(counts), null);
                }
                yield await(config, to, counts, problems, wanted, reader, began);
            }
            case RequestFeed.Outcome.Stopped(var counts, var throughLine) -> {
                say(to, counts.stored(), counts.invalid(), List.of(), throughLine, seconds(counts), null);
                sayGoOn(throughLine);
                yield CommandLines.FAILED;
            }
            case RequestFeed.Outcome.Broken(var counts, var throughLine, var problem) -> {
                say(to, counts.stored(), counts.invalid(), List.of(problem), throughLine, seconds(counts), null);
                err().println("halfrate: %s; nothing behind it was sent. --skip-invalid leaves such lines out"
                        .formatted(problem));
                yield CommandLines.FAILED;
            }
        };
    }

    private int await(
            HalfrateConfig config,
            String to,
            RequestFeed.Counts sent,
            List<String> problems,
            WantedIds wanted,
            ResultReader reader,
            Instant began)
            throws InterruptedException {
        err().println("%s requests are sent; waiting for their results, Ctrl-C does no harm"
                .formatted(number(sent.stored())));
        err().flush();
        var bar = ProgressBar.on(err());
        try (var sink = LineSink.to(results.out, false)) {
            var waiting = new ResultRun(
                    reader,
                    new ResultRun.Settings(
                            EnumSet.allOf(Result.Status.class),
                            wanted,
                            began.minus(config.lanes().duplicatesHorizon()),
                            true,
                            results.timeout,
                            results.form),
                    sink,
                    counts -> bar.show(ResultsCommand.state(counts)));
            run = waiting;
            if (stopping) {
                waiting.stop();
            }
            var counts = waiting.run();
            bar.finish(ResultsCommand.state(counts));
            if (waiting.isStopped()) {
                err().println("halfrate: stopped; the requests go on. halfrate results --ids %s waits for their results"
                        .formatted(file));
                return CommandLines.FAILED;
            }
            sink.finish();
            var code = say(
                    to,
                    sent.stored(),
                    sent.invalid(),
                    problems,
                    null,
                    seconds(sent),
                    ResultSummary.of(counts, results.out, true));
            return counts.missing() == 0 && counts.notSucceeded() == 0 ? code : CommandLines.FAILED;
        }
    }

    /** Says what was sent. */
    private int say(
            String to,
            long sent,
            long invalid,
            List<String> problems,
            @Nullable Long throughLine,
            double seconds,
            @Nullable ResultSummary answers) {
        if (skipInvalid) {
            problems.forEach(problem -> err().println("left out: " + problem));
            if (invalid > problems.size()) {
                err().println("left out: %s lines more".formatted(number(invalid - problems.size())));
            }
        }
        err().flush();
        // Standard output is the results', if they go there.
        var words = wait && results.out == null && !dryRun
                ? err()
                : spec.commandLine().getOut();
        if (json.isOn()) {
            words.println(
                    OperatorJson.write(new Json(to, dryRun, sent, invalid, problems, throughLine, seconds, answers)));
        } else {
            var text = new StringBuilder();
            ResultSummary.row(text, dryRun ? "would send" : "sent", "%s requests to %s".formatted(number(sent), to));
            if (invalid > 0) {
                ResultSummary.row(text, "left out", number(invalid) + " lines that are no requests");
            }
            if (!dryRun) {
                ResultSummary.row(text, "time", String.format(Locale.ROOT, "%.1f s", seconds));
            }
            if (answers != null) {
                text.append(answers.text()).append(System.lineSeparator());
            }
            words.print(text);
        }
        words.flush();
        return CommandLines.DONE;
    }

    private void sayGoOn(long throughLine) {
        var begin = Math.max(fromLine, throughLine + 1);
        err().println(
                        throughLine < fromLine
                                ? "halfrate: stopped; no request is with the broker for certain: the same command begins again"
                                : "halfrate: stopped; everything up to line %d is sent: go on with --from-line %d"
                                        .formatted(throughLine, begin));
        err().flush();
    }

    private void requireRequests(RequestFeed.Checked checked) {
        if (checked.invalid() > 0 && !skipInvalid) {
            var lines = new ArrayList<String>();
            lines.add(
                    checked.invalid() == 1
                            ? file + " has a line that is no request, so nothing was sent:"
                            : "%s has %s lines that are no requests, so nothing was sent:"
                                    .formatted(file, number(checked.invalid())));
            checked.problems().forEach(problem -> lines.add("  " + problem));
            if (checked.invalid() > checked.problems().size()) {
                lines.add("  and %s more"
                        .formatted(number(checked.invalid() - checked.problems().size())));
            }
            lines.add("--skip-invalid sends the others");
            throw new CommandException(String.join(System.lineSeparator(), lines));
        }
        if (checked.requests() == 0 && checked.invalid() == 0) {
            throw new CommandException(
                    fromLine == 1
                            ? file + " is empty: each line must hold a request"
                            : "%s has no request at line %d or behind it".formatted(file, fromLine));
        }
        if (!checked.allCompared()) {
            err().println("halfrate: too many custom_ids to compare them all with each other in this memory;"
                    + " HALFRATE_JAVA_OPTS=-Xmx2g gives more");
        }
    }

    private BiFunction<Parsed.Request, byte[], byte[]> form(PublicTopics topics, String to)
            throws InterruptedException {
        return format == Format.AVRO && !dryRun ? topics.avro(to)::encode : (_, value) -> value;
    }

    private ProgressBar.State state(RequestFeed.Counts counts) {
        var note = sending ? "sent" : "looked at";
        return new ProgressBar.State(
                counts.elapsed(),
                sending ? counts.stored() : counts.requests() + counts.invalid(),
                counts.bytes(),
                counts.bytesTotal(),
                counts.invalid() == 0 ? note : "%s, %s no requests".formatted(note, number(counts.invalid())));
    }

    private static double seconds(RequestFeed.Counts counts) {
        return counts.elapsed().toMillis() / 1_000.0;
    }

    private Headers headers() {
        var headers = new RecordHeaders();
        if (otherHeaders != null) {
            otherHeaders.forEach((name, value) -> headers.add(name, value.getBytes(UTF_8)));
        }
        add(headers, Wishes.ACCOUNT, account);
        add(headers, Wishes.TAG, tag);
        add(headers, Wishes.MODE, mode == null ? null : mode.name().toLowerCase(Locale.ROOT));
        add(headers, Wishes.DEADLINE, deadline);
        add(headers, Wishes.RESULT, result);
        if (!Wishes.command(headers).isEmpty()) {
            throw misused("--header must not be %s: halfrate cancel sends that".formatted(Wishes.COMMAND));
        }
        Wishes.fault(headers).ifPresent(fault -> {
            throw misused(fault);
        });
        return headers;
    }

    private static void add(Headers headers, String name, @Nullable String value) {
        if (value != null) {
            headers.add(name, value.getBytes(UTF_8));
        }
    }

    private void checkOptions() {
        if (fromLine < 1) {
            throw misused("--from-line must be 1 or more, got " + fromLine);
        }
        if (requestsMax != null && requestsMax < 1) {
            throw misused("--max-requests must be 1 or more, got " + requestsMax);
        }
        if (!wait && (results.out != null || results.timeout != null)) {
            throw misused("--out and --timeout go with --wait");
        }
        if (json.isOn() && wait && results.out == null && !dryRun) {
            throw misused(
                    "--json needs --out where results are waited for: they would stand on standard output as well");
        }
    }

    private boolean isStdin() {
        return file.equals(Path.of("-"));
    }

    private PrintWriter err() {
        return spec.commandLine().getErr();
    }

    private ParameterException misused(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
