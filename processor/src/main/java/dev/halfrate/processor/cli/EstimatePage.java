package dev.halfrate.processor.cli;

import dev.halfrate.processor.estimate.Estimate;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Price;
import dev.halfrate.processor.money.Prices;
import dev.halfrate.processor.money.Usd;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** An estimate for people, and what has to be known about its figures. */
final class EstimatePage {
    private static final int DECIMALS = 4;

    private final Prices prices;
    private final LocalDate day;
    private final OptionalLong outputTokensEach;

    EstimatePage(Prices prices, LocalDate day, OptionalLong outputTokensEach) {
        this.prices = prices;
        this.day = day;
        this.outputTokensEach = outputTokensEach;
    }

    /**
     * What some requests cost with a model, in US dollars; null where it has no price.
     *
     * @param compared whether it is another model than the requests'
     * @param outputTokens without the requests that have no limit, if none are expected
     * @param cachedBatch as a batch, if each prefix that comes again is read from a cache
     */
    record Row(
            String model,
            boolean compared,
            int requests,
            long inputTokens,
            long outputTokens,
            @Nullable BigDecimal batch,
            @Nullable BigDecimal cachedBatch,
            @Nullable BigDecimal synchronous,
            boolean derived) {}

    Row row(Estimate estimate, String model, boolean compared) {
        Optional<Price> price = prices.of(model, day);
        var plain = price.map(known -> estimate.cost(known, outputTokensEach));
        return new Row(
                model,
                compared,
                estimate.requests(),
                estimate.inputTokens(),
                estimate.outputTokens(outputTokensEach),
                plain.map(Cost::paid).map(Usd::dollars).orElse(null),
                price.map(known -> estimate.cachedCost(known, outputTokensEach).paid())
                        .map(Usd::dollars)
                        .orElse(null),
                plain.map(Cost::synchronous).map(Usd::dollars).orElse(null),
                price.map(Price::derived).orElse(false));
    }

    void print(PrintWriter out, Path file, List<Estimate> estimates, List<Row> rows) {
        var requests = estimates.stream().mapToLong(Estimate::requests).sum();
        out.printf(Locale.ROOT, "%s: %,d requests%n%n", file, requests);
        var width = Math.max(
                5, rows.stream().mapToInt(row -> row.model.length() + 2).max().orElse(0));
        var form = "%-" + width + "s %10s %14s %14s %14s %14s %14s%n";
        out.printf(
                Locale.ROOT,
                form,
                "MODEL",
                "REQUESTS",
                "INPUT TOKENS",
                "OUTPUT TOKENS",
                "ONE BY ONE",
                "BATCH",
                "BATCH, CACHED");
        for (var row : rows) {
            out.printf(
                    Locale.ROOT,
                    form,
                    row.compared ? "  " + row.model : row.model,
                    "%,d".formatted(row.requests),
                    "%,d".formatted(row.inputTokens),
                    "%,d".formatted(row.outputTokens),
                    dollars(row.synchronous),
                    dollars(row.batch),
                    dollars(row.cachedBatch));
        }
        out.println();
        estimates.forEach(estimate -> notes(out, estimate));
        rows.stream()
                .filter(row -> row.batch == null)
                .map(Row::model)
                .distinct()
                .forEach(model -> out.printf(
                        "No price is known for %s: add it to a copy of prices.yaml, and name that with --prices.%n",
                        model));
        if (rows.stream().anyMatch(Row::derived)) {
            out.println("Batch prices that no vendor's page confirms are half of the normal ones.");
        }
        out.printf("Prices change: these held on %s.%n", day);
    }

    private void notes(PrintWriter out, Estimate estimate) {
        var model = estimate.model();
        if (!estimate.exact()) {
            out.printf("%s has no public tokenizer: a token is taken for every 3.5 bytes.%n", model);
        }
        if (estimate.uncounted() > 0) {
            out.printf(Locale.ROOT, "%s: %,d images, sounds or files are not counted.%n", model, estimate.uncounted());
        }
        if (outputTokensEach.isEmpty()) {
            out.println(
                    estimate.outputTokensMax().isPresent()
                            ? "%s: output is what the requests allow at most; --output-tokens N says what you expect."
                                    .formatted(model)
                            : "%s: some requests do not limit their output, so theirs is not in the figures; say --output-tokens N."
                                    .formatted(model));
        }
        if (estimate.repeatedTokens() > 0) {
            out.printf(
                    Locale.ROOT,
                    "%s: %,d input tokens repeat what a request before begins with; batches read part of that from a cache.%n",
                    model,
                    estimate.repeatedTokens());
        }
    }

    private static String dollars(@Nullable BigDecimal amount) {
        return amount == null ? "?" : "$%,.4f".formatted(amount.setScale(DECIMALS, RoundingMode.HALF_UP));
    }
}
