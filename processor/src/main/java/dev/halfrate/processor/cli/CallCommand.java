package dev.halfrate.processor.cli;

import dev.halfrate.processor.Providers;
import dev.halfrate.processor.call.CallJournal;
import dev.halfrate.processor.call.CallRun;
import dev.halfrate.processor.call.HttpCaller;
import dev.halfrate.processor.call.InDoubt;
import dev.halfrate.processor.call.RequestFile;
import dev.halfrate.processor.call.ResultsFile;
import dev.halfrate.processor.config.AccountConfig;
import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.config.VendorsConfig;
import dev.halfrate.processor.ops.OperatorJson;
import dev.halfrate.processor.provider.Capabilities;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** `call`: a file of requests, sent one by one and now. */
@Command(
        name = "call",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Send the requests of a file one by one to the vendor's normal endpoint: answers in seconds, at the full price.",
            "",
            "Needs no Kafka. Nothing is sent unless every line of the file is a request. As many calls as the account's"
                    + " sync.calls-max are under way at once, fewer while the vendor asks for it. Results are JSON lines as on"
                    + " the results topic, in the order in which they come.",
            "",
            "What is about to be sent is written to a journal beside the results (OUTPUT.journal) before. So the same command"
                    + " goes on where an earlier one ended, however it did: what has a result is not sent again. What was"
                    + " sent without an answer may have been paid for; --in-doubt says what to do with it."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate call -c halfrate.yaml requests.jsonl",
            "  halfrate call -c halfrate.yaml --in-doubt call-again requests.jsonl",
            "  halfrate call -c halfrate.yaml -a openai -n 10 -o try.jsonl requests.jsonl",
            "  halfrate call -c halfrate.yaml -o - requests.jsonl | jq .response",
            "",
            "Each line of FILE is one request as in OpenAI's or Anthropic's batches:",
            "  {\"custom_id\": \"a1\", \"method\": \"POST\",",
            "   \"url\": \"/v1/chat/completions\", \"body\": {...}}",
            "  {\"custom_id\": \"a2\", \"params\": {\"model\": \"claude-haiku-4-5\", ...}}",
            "",
            "Exit codes: 0 every request that was to be sent has succeeded, 1 some failed or could not be sent,"
                    + " 2 wrong usage or configuration."
        })
final class CallCommand implements Callable<Integer> {
    private static final Path STDOUT = Path.of("-");

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The requests, JSON lines.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "The configuration, YAML, as for run; kafka may be missing.")
    @SuppressWarnings("NullAway.Init")
    private Path config;

    @Option(
            names = {"-a", "--account"},
            paramLabel = "NAME",
            description = "The account to use; needed if there is more than one.")
    private @Nullable String account;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = {
                "Where results go (default: FILE with .results.jsonl at its end).",
                "-: standard output. Then there is no journal, and nothing to go on with."
            })
    private @Nullable Path output;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            description = "Calls under way at once, at most (default: the account's sync.calls-max).")
    private @Nullable Integer concurrency;

    @Option(
            names = {"-n", "--max-requests"},
            paramLabel = "N",
            description = "Send N requests at most, and leave the others to another run.")
    private @Nullable Long requestsMax;

    @Option(
            names = "--in-doubt",
            paramLabel = "WHAT",
            description = {
                "What to do with requests that were sent without an answer, so that they may have been paid for:",
                "call-again   send them again; each may be paid for twice.",
                "skip         never send them again; their results are failed, with error.code no_answer.",
                "Default: in this run call-again, once; left by an earlier run, stop and ask."
            })
    private @Nullable InDoubt inDoubt;

    @Option(names = "--json", description = "Print the summary as one JSON object.")
    private boolean json;

    /** What --json prints. */
    private record Json(
            String account,
            @Nullable String output,
            long requests,
            long succeeded,
            long failed,
            long notSent,
            long answeredEarlier,
            long sentAgain,
            long exposureCalls,
            long inputTokens,
            long cachedInputTokens,
            long cacheWriteTokens,
            long outputTokens,
            double seconds,
            @Nullable String stopped) {}

    @Override
    public Integer call() throws InterruptedException, IOException {
        check();
        var vendors = ConfigFile.loadVendors(config);
        var chosen = choose(vendors);
        try (var provider = Providers.of(chosen)) {
            var requests = requests(vendors, provider.capabilities());
            if (toStdout()) {
                try (var stdout = new FileOutputStream(FileDescriptor.out);
                        var results = ResultsFile.to(stdout);
                        var journal = CallJournal.none();
                        var caller = new HttpCaller(provider, chosen.sync().timeout())) {
                    return run(chosen, requests, journal, results, caller);
                }
            }
            try (var journal = CallJournal.open(Path.of(output() + ".journal"));
                    var results = ResultsFile.open(output());
                    var caller = new HttpCaller(provider, chosen.sync().timeout())) {
                return run(chosen, requests, journal, results, caller);
            }
        }
    }

    private int run(
            AccountConfig chosen, RequestFile requests, CallJournal journal, ResultsFile results, HttpCaller caller)
            throws InterruptedException, IOException {
        var settings = new CallRun.Settings(
                chosen,
                concurrency == null ? chosen.sync().callsMax() : concurrency,
                requestsMax == null ? Long.MAX_VALUE : requestsMax,
                inDoubt);
        var screen = new CallScreen(ProgressBar.on(spec.commandLine().getErr()));
        var run = new CallRun(settings, requests, journal, results, caller, screen::show);
        var said = new CountDownLatch(1);
        try (var _ = StopSignal.closing(() -> {
            run.stop();
            said.await(CallRun.STOP_WAIT.toSeconds() + 5, TimeUnit.SECONDS);
        })) {
            var outcome = run.run();
            screen.finish(outcome.counts());
            return conclude(chosen, outcome);
        } finally {
            said.countDown();
        }
    }

    private int conclude(AccountConfig chosen, CallRun.Outcome outcome) throws IOException {
        var counts = outcome.counts();
        var words =
                toStdout() ? spec.commandLine().getErr() : spec.commandLine().getOut();
        if (json) {
            words.println(OperatorJson.write(summary(chosen, outcome)));
        } else {
            words.print(CallSummary.of(counts, toStdout() ? null : output()));
        }
        words.flush();
        if (outcome.stopped() != null) {
            spec.commandLine()
                    .getErr()
                    .println("halfrate: stopped with %,d requests to go: %s; the same command goes on"
                            .formatted(counts.left(), outcome.stopped()));
            return CommandLines.FAILED;
        }
        return counts.failed() == 0 ? CommandLines.DONE : CommandLines.FAILED;
    }

    private void check() {
        if (concurrency != null && (concurrency < 1 || concurrency > 1_000)) {
            throw misused("--concurrency must be 1..1000, got " + concurrency);
        }
        if (requestsMax != null && requestsMax < 1) {
            throw misused("--max-requests must be 1 or more, got " + requestsMax);
        }
        if (file.equals(STDOUT)) {
            throw misused("FILE must be a file: it is read twice");
        }
        if (toStdout() && inDoubt == InDoubt.CALL_AGAIN) {
            throw misused("--in-doubt call-again needs an --output that is a file: nothing is known of earlier runs");
        }
    }

    private AccountConfig choose(VendorsConfig vendors) {
        var accounts = vendors.accounts();
        var names = accounts.stream().map(AccountConfig::name).collect(Collectors.joining(", "));
        if (account == null) {
            if (accounts.size() > 1) {
                throw misused("--account is needed, one of: " + names);
            }
            return accounts.getFirst();
        }
        return accounts.stream()
                .filter(one -> one.name().equals(account))
                .findFirst()
                .orElseThrow(() -> misused("--account must be one of: %s; got '%s'".formatted(names, account)));
    }

    private RequestFile requests(VendorsConfig vendors, Capabilities capabilities) {
        return new RequestFile(
                file,
                capabilities.endpoints(),
                Math.min(vendors.requests().lineBytesMax(), capabilities.lineBytesMax()));
    }

    private boolean toStdout() {
        return STDOUT.equals(output);
    }

    private Path output() {
        var name = String.valueOf(file.getFileName()).replaceFirst("\\.jsonl$", "");
        return output == null ? file.resolveSibling(name + ".results.jsonl") : output;
    }

    private Json summary(AccountConfig chosen, CallRun.Outcome outcome) {
        var counts = outcome.counts();
        return new Json(
                chosen.name(),
                toStdout() ? null : output().toString(),
                counts.requests(),
                counts.succeeded(),
                counts.failed(),
                counts.left(),
                counts.earlier(),
                counts.sentAgain(),
                counts.exposure(),
                counts.usage().inputTokens(),
                counts.usage().cachedInputTokens(),
                counts.usage().cacheWriteTokens(),
                counts.usage().outputTokens(),
                counts.elapsed().toMillis() / 1_000.0,
                outcome.stopped());
    }

    private ParameterException misused(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
