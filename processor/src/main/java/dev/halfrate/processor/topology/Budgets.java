package dev.halfrate.processor.topology;

import dev.halfrate.processor.lane.Purse;
import dev.halfrate.processor.lane.TokenRatio;
import dev.halfrate.processor.money.Budget;
import dev.halfrate.processor.money.Budget.AtLimit;
import dev.halfrate.processor.money.Price;
import dev.halfrate.processor.money.Rates;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.SpendRecord;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the lanes of one inbox partition have spent, and what they may still spend. What is sealed and not settled is
 * reserved at the most that it can cost, whatever becomes of it meanwhile; what was spent is kept by day.
 */
final class Budgets {
    private static final Logger LOG = LoggerFactory.getLogger(Budgets.class);

    /** What was spent on a day. A budget without an end forgets what is older. */
    static final int DAYS_KEPT = 400;

    /** As long as a lane has had no answers: hardly any text has more tokens than half its bytes. */
    private static final double TOKENS_PER_BYTE_MAX = 0.5;

    /** On top of what was learned. */
    private static final double MARGIN = 1.25;

    /** With less than this part of a budget, and something else reserved, nothing is sealed. */
    private static final int CRUMBS = 20;

    private final BudgetRules rules;
    private final KeyValueStore<String, SpendRecord> store;
    private final LaneMetrics metrics;
    private final Map<String, SpendRecord> spent = new HashMap<>();
    private final Map<Payer, Long> reserved = new HashMap<>();
    private final Set<String> told = new HashSet<>();

    private record Payer(String pool, String tag) {}

    Budgets(BudgetRules rules, KeyValueStore<String, SpendRecord> store, LaneMetrics metrics) {
        this.rules = rules;
        this.store = store;
        this.metrics = metrics;
        try (var all = store.all()) {
            all.forEachRemaining(entry -> spent.put(entry.key, entry.value));
        }
    }

    void reserve(Lane lane, long picos) {
        reserved.merge(new Payer(lane.pool(), lane.id().getTag()), picos, Long::sum);
    }

    /** A batch is over: what was reserved for it is free, what it cost is spent. */
    void settle(Lane lane, long reservedPicos, long paidPicos, Instant now) {
        reserve(lane, -reservedPicos);
        if (paidPicos > 0) {
            var day = day(now).toEpochDay();
            var key = key(lane, day);
            var before = spent.get(key);
            var record = new SpendRecord(
                    lane.pool(),
                    lane.id().getTag(),
                    day,
                    new Usd(before == null ? 0 : before.getPicos())
                            .plus(new Usd(paidPicos))
                            .picos());
            spent.put(key, record);
            store.put(key, record);
        }
    }

    /** Forgets days that no budget counts any more. */
    void forget(Instant now) {
        var first = day(now).minusDays(DAYS_KEPT).toEpochDay();
        spent.values().removeIf(record -> {
            var old = record.getDay() < first;
            if (old) {
                store.delete(key(record.getPool(), record.getTag(), record.getDay()));
            }
            return old;
        });
    }

    private static String key(Lane lane, long day) {
        return key(lane.pool(), lane.id().getTag(), day);
    }

    private static String key(String pool, String tag, long day) {
        return pool + "/" + tag + "/" + day;
    }

    private static LocalDate day(Instant at) {
        return LocalDate.ofInstant(at, ZoneOffset.UTC);
    }

    private Stream<Budget> binding(Lane lane) {
        return rules.budgets().stream()
                .filter(budget -> budget.binds(lane.pool(), lane.id().getTag()));
    }

    boolean binds(Lane lane) {
        return binding(lane).findAny().isPresent();
    }

    long spent(Budget budget, Instant now) {
        var today = day(now);
        return spent.values().stream()
                .filter(record -> budget.binds(record.getPool(), record.getTag()))
                .filter(record -> budget.counts(LocalDate.ofEpochDay(record.getDay()), today))
                .mapToLong(SpendRecord::getPicos)
                .sum();
    }

    long reserved(Budget budget) {
        return reserved.entrySet().stream()
                .filter(entry ->
                        budget.binds(entry.getKey().pool(), entry.getKey().tag()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private long free(Budget budget, Instant now) {
        return Math.max(0, budget.limit().picos() - spent(budget, now) - reserved(budget));
    }

    /** @return the budget that leaves a lane least; one that rejects before one that waits */
    private Optional<Budget> tightest(Lane lane, Instant now) {
        return binding(lane)
                .min(Comparator.comparingLong((Budget budget) -> free(budget, now))
                        .thenComparingInt(budget -> budget.atLimit() == AtLimit.REJECT ? 0 : 1)
                        .thenComparing(Budget::name));
    }

    /** @return what a lane may spend now */
    Purse purse(Lane lane, TokenRatio ratio, Instant now) {
        var budget = tightest(lane, now).orElse(null);
        if (budget == null) {
            return Purse.UNBOUNDED;
        }
        var rejects = budget.atLimit() == AtLimit.REJECT;
        var price = rules.pricing().of(lane.id().getModel(), now).orElse(null);
        if (price == null) {
            return new Purse(0, 0, Long.MAX_VALUE, (_, _, _, _) -> 1, rejects);
        }
        var tokensPerByte = lane.ratio().isKnown() ? MARGIN * ratio.inputTokens() / ratio.bytes() : TOKENS_PER_BYTE_MAX;
        var onlyAlone = AtOnce.is(lane.id());
        var usual = most(price, onlyAlone, tokensPerByte);
        var alone = most(price, true, tokensPerByte);
        Purse.Most most = (lineBytes, outputTokensMax, deadline, prefix) -> {
            var alsoAlone = !onlyAlone && (deadline || (prefix && lane.account().primes()));
            return usual.of(lineBytes, outputTokensMax)
                    .plus(alsoAlone ? alone.of(lineBytes, outputTokensMax) : Usd.ZERO)
                    .picos();
        };
        var crumb = !rejects && reserved(budget) > 0 ? budget.limit().picos() / CRUMBS : 0;
        var picosMax =
                binding(lane).mapToLong(each -> each.limit().picos()).min().orElse(Long.MAX_VALUE);
        return new Purse(free(budget, now), crumb, picosMax, most, rejects);
    }

    /** What one answer costs at most. */
    @FunctionalInterface
    private interface OneAnswer {
        Usd of(int lineBytes, int outputTokensMax);
    }

    private OneAnswer most(Price price, boolean atOnce, double tokensPerByte) {
        var perInputToken =
                dearest(price, atOnce, rates -> Stream.of(rates.input(), rates.cacheWrite(), rates.hourCacheWrite()));
        var perOutputToken = dearest(price, atOnce, rates -> Stream.of(rates.output()));
        return (lineBytes, outputTokensMax) -> new Usd(perInputToken)
                .times((long) Math.ceil(lineBytes * tokensPerByte))
                .plus(new Usd(perOutputToken).times(outputTokens(outputTokensMax)));
    }

    /** @param max of a request; less than zero: so many answers without a limit */
    private long outputTokens(int max) {
        return max > 0 ? max : Math.max(1L, -(long) max) * rules.outputTokensMax();
    }

    private static long dearest(Price price, boolean atOnce, Function<Rates, Stream<Usd>> prices) {
        var longContext = price.longContext();
        var usual = Stream.of(atOnce ? price.synchronous() : price.batch());
        var ofLong = longContext == null
                ? Stream.<Rates>of()
                : Stream.of(atOnce ? longContext.synchronous() : longContext.batch());
        return Stream.concat(usual, ofLong)
                .flatMap(prices)
                .mapToLong(Usd::picos)
                .max()
                .orElse(0);
    }

    /** @return why requests of a lane do not fit, for whoever sent them */
    String reason(Lane lane, Instant now) {
        var budget = tightest(lane, now).orElseThrow();
        if (rules.pricing().of(lane.id().getModel(), now).isEmpty()) {
            return "budget %s: model %s has no price, so nobody knows what it would cost"
                    .formatted(budget.name(), lane.id().getModel());
        }
        return "budget %s has no room for what the request may cost at most; %s"
                .formatted(
                        budget.name(),
                        budget.renews(day(now))
                                .map(day -> "it renews on %s (UTC)".formatted(day))
                                .orElse("it does not renew"));
    }

    /** A window was closed and could not be sealed. */
    void held(Lane lane, Instant now) {
        tightest(lane, now)
                .filter(budget -> told.add(budget.name()))
                .ifPresent(budget -> LOG.warn("requests wait: {}", reason(lane, now)));
    }

    void show(Instant now) {
        for (var budget : rules.budgets()) {
            var spends = spent(budget, now);
            var reserves = reserved(budget);
            show(budget).show(this, spends, reserves);
            if (budget.limit().picos() - spends - reserves > budget.limit().picos() / CRUMBS) {
                told.remove(budget.name());
            }
        }
    }

    void close() {
        rules.budgets().forEach(budget -> show(budget).leave(this));
    }

    private LaneMetrics.Money show(Budget budget) {
        return metrics.budget(budget.name(), budget.limit().picos());
    }
}
