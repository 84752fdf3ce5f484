package dev.halfrate.processor.ledger;

import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Report;
import dev.halfrate.processor.money.Report.By;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Tokens and costs of the batches of this process's partitions, by account, model and label. */
final class MoneyMeters {
    static final List<By> BY = List.of(By.ACCOUNT, By.MODEL, By.TAG);

    /** Producers choose models and labels, so their combinations have no bound; those beyond this share one. */
    private static final int SHOWN_MAX = 200;

    private static final List<String> OTHERS = List.of("other", "other", "other");
    private static final double PICOS = 1e12;

    private static final Map<String, Function<Cost, Usd>> PRICES =
            Map.of("paid", Cost::paid, "synchronous", Cost::synchronous, "uncached", Cost::uncached);

    private static final Map<String, ToDoubleFunction<Usage>> TOKENS = Map.of(
            "input", Usage::inputTokens,
            "cached_input", Usage::cachedInputTokens,
            "cache_write", Usage::cacheWriteTokens,
            "output", Usage::outputTokens);

    private final MeterRegistry registry;
    private final Map<List<String>, AtomicReference<Spend>> sums = new HashMap<>();

    MoneyMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    void add(List<Report.Row> rows) {
        rows.forEach(row -> sum(row.keys()).updateAndGet(row.spend()::plus));
    }

    void remove(List<Report.Row> rows) {
        rows.forEach(row -> sum(row.keys()).updateAndGet(sum -> sum.minus(row.spend())));
    }

    private synchronized AtomicReference<Spend> sum(List<String> keys) {
        var shown = sums.containsKey(keys) || sums.size() < SHOWN_MAX ? keys : OTHERS;
        return sums.computeIfAbsent(shown, this::register);
    }

    private AtomicReference<Spend> register(List<String> keys) {
        var sum = new AtomicReference<>(Spend.NONE);
        PRICES.forEach((price, usd) -> Gauge.builder(
                        "halfrate.cost.usd",
                        sum,
                        known -> usd.apply(known.get().cost()).picos() / PICOS)
                .description("Dollars paid for the batches that the ledger holds; the same tokens at other prices")
                .tags("account", keys.get(0), "model", keys.get(1), "tag", keys.get(2), "price", price)
                .register(registry));
        TOKENS.forEach((kind, tokens) -> Gauge.builder(
                        "halfrate.tokens",
                        sum,
                        known -> tokens.applyAsDouble(known.get().usage()))
                .description("Tokens that vendors reported for the batches that the ledger holds")
                .tags("account", keys.get(0), "model", keys.get(1), "tag", keys.get(2), "kind", kind)
                .register(registry));
        Gauge.builder("halfrate.tokens.unpriced", sum, known -> known.get().unpricedTokens())
                .description("Those of models that have no price")
                .tags("account", keys.get(0), "model", keys.get(1), "tag", keys.get(2))
                .register(registry);
        return sum;
    }
}
