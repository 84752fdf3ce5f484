package dev.halfrate.processor.cli;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.AuditTrail;
import dev.halfrate.processor.ops.BatchEnd;
import dev.halfrate.processor.ops.BatchView;
import dev.halfrate.processor.ops.Follower;
import dev.halfrate.processor.ops.Holdings;
import dev.halfrate.processor.ops.StatusReader;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** `batches`: what is under way, and what was. */
@Command(
        name = "batches",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "List batches, the latest first, or show everything about one.",
            "",
            "Reads the ledger, so it works from anywhere, and also when no process runs: those that have not settled, and of the"
                    + " others those that the ledger still has. When a batch can be expected to end, its lane's last ones say."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate batches --config halfrate.yaml --state open",
            "  halfrate batches --config halfrate.yaml --watch",
            "  halfrate batches --config halfrate.yaml b-0abc-9-0-0",
            "  halfrate batches --config halfrate.yaml --json | jq '.batches[] | select(.doubt)'",
            "",
            "Exit codes: 0 done, 1 no answer or no such batch, 2 wrong usage or configuration, 130 stopped by Ctrl-C."
        })
final class BatchesCommand implements Callable<Integer> {
    private static final Duration WATCH_EVERY = Duration.ofSeconds(1);
    private static final Duration WATCH_READ_WITHIN = Duration.ofSeconds(30);

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption configuration;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private JsonOption json;

    @Parameters(paramLabel = "BATCH", arity = "0..1", description = "Everything about this one, by its id.")
    private @Nullable String batchId;

    @Option(names = "--account", paramLabel = "NAME", description = "Only batches of this account.")
    private @Nullable String account;

    @Option(
            names = "--lane",
            paramLabel = "NAME",
            description = "Only batches of this lane, by its name in halfrate status.")
    private @Nullable String lane;

    @Option(
            names = "--state",
            paramLabel = "STATE",
            description = "Only batches in this state, such as running; open for all that have not settled.")
    private @Nullable String state;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "50",
            description = "Show at most so many (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Option(names = "--watch", description = "Show it anew every second, until Ctrl-C.")
    private boolean watch;

    /**
     * One batch.
     *
     * @param expectedEnd null if nobody can say, or it has ended
     * @param doing what happens next where something is not as usual; empty otherwise
     */
    record Row(@JsonUnwrapped BatchView batch, @Nullable BatchEnd expectedEnd, String doing) {
        static Row of(BatchView batch, Holdings holdings) {
            return new Row(batch, BatchEnd.of(batch, holdings.lanes()).orElse(null), batch.doing());
        }
    }

    /** @param more that are not shown */
    private record Rows(Instant asOf, List<Row> batches, int more) {}

    @Override
    public Integer call() throws InterruptedException {
        if (limit < 1) {
            throw misused("--limit must be 1 or more, got " + limit);
        }
        if (watch && json.isOn()) {
            throw misused("--watch is for eyes, --json for programs: choose one");
        }
        var config = configuration.load();
        if (watch) {
            watch(config);
            return CommandLines.DONE;
        }
        try (var reader = StatusReader.open(config)) {
            var holdings = reader.holdings();
            print(holdings, holdings.readAt().orElseGet(Instant::now));
            return CommandLines.DONE;
        }
    }

    private void print(Holdings holdings, Instant now) {
        var out = spec.commandLine().getOut();
        var page = new BatchesPage(now);
        if (batchId != null) {
            var row = one(holdings, batchId);
            json.print(out, row, String.join(System.lineSeparator(), page.all(row)));
        } else {
            var rows = rows(holdings, now);
            json.print(out, rows, String.join(System.lineSeparator(), page.table(rows.batches, rows.more)));
        }
    }

    private static Row one(Holdings holdings, String batchId) {
        return holdings.batch(batchId)
                .map(batch -> Row.of(batch, holdings))
                .orElseThrow(() -> new CommandException(
                        "the ledger has no batch %s: halfrate batches lists those that it has".formatted(batchId)));
    }

    private Rows rows(Holdings holdings, Instant now) {
        var matching = holdings.batches().stream()
                .filter(batch -> account == null || batch.account().equals(account))
                .filter(batch -> lane == null || batch.lane().equals(lane))
                .filter(batch -> state == null || batch.isIn(state.toLowerCase(Locale.ROOT)))
                .toList();
        var lanes = holdings.lanes();
        return new Rows(
                now,
                matching.stream()
                        .limit(limit)
                        .map(batch -> new Row(batch, BatchEnd.of(batch, lanes).orElse(null), batch.doing()))
                        .toList(),
                Math.max(0, matching.size() - limit));
    }

    private void watch(HalfrateConfig config) throws InterruptedException {
        // Says in one line what is in the way, if something is.
        StatusReader.open(config).close();
        var holdings = new Holdings();
        var terminal = Terminal.of(spec.commandLine().getOut(), System.getenv());
        var stopped = new CountDownLatch(1);
        var since = Instant.now();
        try (var follower = new Follower(config, holdings, new AuditTrail(), InstantSource.system());
                var _ = StopSignal.closing(stopped::countDown)) {
            follower.start();
            do {
                var now = Instant.now();
                if (holdings.readAt().isPresent()) {
                    terminal.redraw(page(holdings, now, terminal.width()));
                } else if (since.plus(WATCH_READ_WITHIN).isBefore(now)) {
                    throw new CommandException("the ledger cannot be read; the log says why");
                }
            } while (!stopped.await(WATCH_EVERY.toMillis(), TimeUnit.MILLISECONDS));
        }
    }

    private List<String> page(Holdings holdings, Instant now, int width) {
        var page = new BatchesPage(now);
        List<String> lines;
        if (batchId == null) {
            var rows = rows(holdings, now);
            lines = page.table(rows.batches, rows.more);
        } else {
            lines = page.all(one(holdings, batchId));
        }
        // A line that wraps could not be redrawn.
        return lines.stream()
                .map(line -> line.length() < width ? line : line.substring(0, width - 1))
                .toList();
    }

    private ParameterException misused(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
