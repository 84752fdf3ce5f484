package dev.halfrate.processor.cli;

import dev.halfrate.processor.Providers;
import dev.halfrate.processor.call.RequestFile;
import dev.halfrate.processor.config.PriceFile;
import dev.halfrate.processor.estimate.Estimate;
import dev.halfrate.processor.estimate.Estimator;
import dev.halfrate.processor.money.Prices;
import dev.halfrate.processor.ops.OperatorJson;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** `estimate`: what a file of requests will cost. Sends nothing. */
@Command(
        name = "estimate",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Say what the requests of a file will cost, as batches and one by one. Nothing is sent.",
            "",
            "Input tokens are counted by the model's own tokenizer where there is one (OpenAI), else a token is taken for every"
                    + " 3.5 bytes. Output tokens nobody knows before: the requests' own limits give the most that it can cost;"
                    + " --output-tokens gives what you expect."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate estimate requests.jsonl",
            "  halfrate estimate --output-tokens 200 --compare requests.jsonl",
            "  halfrate estimate --compare-with gpt-5-mini,claude-haiku-4-5 requests.jsonl",
            "",
            "Exit codes: 0 done, 1 a model of the file has no price, or a line is no request, 2 wrong usage."
        })
final class EstimateCommand implements Callable<Integer> {
    private static final int LINE_BYTES_MAX = 100_000_000;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The requests, JSON lines, as for call.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Option(
            names = "--output-tokens",
            paramLabel = "N",
            description = "Expect N tokens of each answer, or its own limit if that is lower.")
    private @Nullable Long outputTokens;

    @Option(
            names = "--compare",
            description = "Say too what the same tokens cost with every other model that has a price.")
    private boolean compare;

    @Option(
            names = "--compare-with",
            paramLabel = "MODEL",
            split = ",",
            description = "The same with these models only.")
    private @Nullable List<String> compareWith;

    @Option(names = "--prices", paramLabel = "FILE", description = "A table of your own, in the form of prices.yaml.")
    private @Nullable Path pricesFile;

    @Option(names = "--json", description = "Print one JSON array, an object for each model.")
    private boolean json;

    @Override
    public Integer call() {
        if (outputTokens != null && outputTokens < 0) {
            throw new ParameterException(spec.commandLine(), "--output-tokens must be zero or more");
        }
        var prices = pricesFile == null ? PriceFile.builtIn() : PriceFile.load(pricesFile);
        var estimates = new Estimator().read(new RequestFile(file, Providers.endpoints(), LINE_BYTES_MAX));
        var each = outputTokens == null ? OptionalLong.empty() : OptionalLong.of(outputTokens);
        var page = new EstimatePage(prices, LocalDate.now(ZoneOffset.UTC), each);
        var rows = new ArrayList<EstimatePage.Row>();
        for (var estimate : estimates) {
            rows.add(page.row(estimate, estimate.model(), false));
            for (var model : compared(prices)) {
                if (!model.equals(estimate.model())) {
                    rows.add(page.row(estimate, model, true));
                }
            }
        }
        var out = spec.commandLine().getOut();
        if (json) {
            out.println(OperatorJson.write(rows));
        } else {
            page.print(out, file, estimates, rows);
        }
        out.flush();
        return priced(estimates, prices) ? CommandLines.DONE : CommandLines.FAILED;
    }

    private List<String> compared(Prices prices) {
        if (compareWith != null) {
            return compareWith;
        }
        return compare ? prices.models() : List.of();
    }

    private static boolean priced(List<Estimate> estimates, Prices prices) {
        var today = LocalDate.now(ZoneOffset.UTC);
        return estimates.stream()
                .allMatch(estimate -> prices.of(estimate.model(), today).isPresent());
    }
}
