package dev.halfrate.processor.cli;

import dev.halfrate.processor.money.BatchSpend;
import dev.halfrate.processor.money.Report;
import dev.halfrate.processor.ops.StatusReader;
import java.time.LocalDate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** `report`: what was spent, and what was saved. */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Show what the answers have cost, what the same tokens would have cost at once, and what caches saved.",
            "",
            "Reads the ledger, so it works from anywhere, and also when no process runs. Costs come from the tokens that"
                    + " vendors reported and the prices that held when the batch ended."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate report --config halfrate.yaml",
            "  halfrate report --config halfrate.yaml --by day,model --since 2026-11-01",
            "  halfrate report --config halfrate.yaml --by tag --format csv > november.csv",
            "",
            "Exit codes: 0 done, 1 no answer, 2 wrong usage or configuration."
        })
final class ReportCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption configuration;

    @Option(
            names = "--by",
            split = ",",
            paramLabel = "WHAT",
            defaultValue = "account,model",
            description = "Sum by account, model, lane, day or tag; several with commas (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private List<Report.By> by;

    @Option(
            names = "--since",
            paramLabel = "DAY",
            description = "Only batches that settled on this day (UTC) or later.")
    private @Nullable LocalDate since;

    @Option(names = "--until", paramLabel = "DAY", description = "Only batches that settled on this day or before.")
    private @Nullable LocalDate until;

    /** How the report is written. */
    enum Format {
        TABLE,
        CSV,
        JSON
    }

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "One of table, csv and json (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private Format format;

    @Option(names = "--json", description = "The same as --format json.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        var config = configuration.load();
        try (var reader = StatusReader.open(config)) {
            var batches = reader.spends().stream().filter(this::isAskedFor).toList();
            var keys = List.copyOf(new LinkedHashSet<>(by));
            var rows = Report.of(batches, keys);
            var total = Report.total(batches);
            var out = spec.commandLine().getOut();
            var page = new ReportPage(out, keys);
            switch (json ? Format.JSON : format) {
                case TABLE -> page.table(rows, total);
                case CSV -> page.csv(rows);
                case JSON -> page.json(rows, total);
            }
            out.flush();
            return CommandLines.DONE;
        }
    }

    private boolean isAskedFor(BatchSpend batch) {
        return (since == null || !batch.day().isBefore(since))
                && (until == null || !batch.day().isAfter(until));
    }
}
