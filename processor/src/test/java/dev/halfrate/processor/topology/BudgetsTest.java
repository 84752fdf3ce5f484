package dev.halfrate.processor.topology;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.LanesConfig;
import dev.halfrate.processor.config.LimitsConfig;
import dev.halfrate.processor.money.Budget;
import dev.halfrate.processor.money.Budget.AtLimit;
import dev.halfrate.processor.money.Budget.Period;
import dev.halfrate.processor.money.Price;
import dev.halfrate.processor.money.Pricing;
import dev.halfrate.processor.money.Rates;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.ManifestChunk;
import dev.halfrate.schemas.internal.Ref;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A request of 100 bytes costs a dollar at most here: 50 tokens of input, and 50 of output, at a cent each. */
class BudgetsTest {
    private static final Duration LIFE = Duration.ofDays(30);
    private static final long CENT = 10_000_000_000L;
    private static final long DOLLAR = 100 * CENT;
    private static final LaneId LANE = LanesUnderTest.LANE;
    private static final LaneId TAGGED =
            LaneId.newBuilder(LANE).setTag("research").build();

    @TempDir
    private Path stateDir;

    private static Budget budget(String name, String tag, Period period, int usd, AtLimit atLimit) {
        return new Budget(name, "pool", tag, period, BigDecimal.valueOf(usd), atLimit);
    }

    private LanesUnderTest lanes(Budget... budgets) {
        return lanes(false, budgets);
    }

    private LanesUnderTest lanes(boolean primes, Budget... budgets) {
        var config = new LanesConfig(50_000, 1_000_000, Duration.ofMinutes(1), 100, Duration.ofHours(1), 1_000_000);
        var rates = new Rates(new Usd(CENT / 2), new Usd(1), new Usd(CENT), new Usd(1), new Usd(CENT));
        var price = new Price(LocalDate.EPOCH, "here", false, rates, rates, null);
        Pricing pricing = (model, _) -> model.equals("small") ? Optional.of(price) : Optional.empty();
        return new LanesUnderTest(
                stateDir,
                config,
                Map.of("main", new AccountLimits("openai", 50_000, 1_000_000, false, primes, LimitsConfig.VENDORS)),
                new BudgetRules(List.of(budgets), pricing, 50));
    }

    private static List<Ref> requests(LanesUnderTest lanes, String prefix, int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> lanes.ref(prefix + number, 1, 100, LIFE))
                .toList();
    }

    private static List<Integer> sealed(LanesUnderTest lanes) {
        lanes.command(CommandKind.FLUSH);
        return lanes.manifests().stream().map(ManifestChunk::getItems).toList();
    }

    @Test
    void onlyWhatFitsIsSealedAndWhatWasNotSpentIsFreeAgain() {
        try (var lanes = lanes(budget("all", "", Period.MONTH, 10, AtLimit.WAIT))) {
            lanes.arrive(requests(lanes, "a", 25));
            lanes.command(CommandKind.FLUSH);
            var first = lanes.manifests();
            assertThat(first).extracting(ManifestChunk::getItems).containsExactly(10);
            assertThat(sealed(lanes)).isEmpty();

            lanes.paid(first.getFirst(), 4 * DOLLAR, DOLLAR);

            assertThat(sealed(lanes)).containsExactly(5);
            lanes.advance(Duration.ofSeconds(1));
            assertThat(lanes.gauge("halfrate.budget.limit")).isEqualTo(10);
            assertThat(lanes.gauge("halfrate.budget.spent")).isEqualTo(5);
            assertThat(lanes.gauge("halfrate.budget.reserved")).isEqualTo(5);
        }
    }

    @Test
    void whatMayBeSentBeforeTheOthersIsReservedAtBothPrices() {
        try (var lanes = lanes(true, budget("all", "", Period.MONTH, 10, AtLimit.WAIT))) {
            lanes.arrive(requests(lanes, "a", 25).stream()
                    .map(ref -> Ref.newBuilder(ref).setPrefix(7).build())
                    .toList());

            assertThat(sealed(lanes)).containsExactly(5);
        }
    }

    @Test
    void aRestartForgetsNeitherWhatIsSpentNorWhatIsReserved() {
        try (var lanes = lanes(budget("all", "", Period.TOTAL, 10, AtLimit.WAIT))) {
            lanes.arrive(requests(lanes, "a", 4));
            lanes.command(CommandKind.FLUSH);
            lanes.paid(lanes.manifests().getFirst(), 4 * DOLLAR, 0);
            lanes.arrive(requests(lanes, "b", 3));
            assertThat(sealed(lanes)).containsExactly(3);

            lanes.restart();
            lanes.arrive(requests(lanes, "c", 10));

            assertThat(sealed(lanes)).containsExactly(3);
        }
    }

    @Test
    void aNewPeriodHasItsOwnMoney() {
        try (var lanes = lanes(budget("daily", "", Period.DAY, 10, AtLimit.WAIT))) {
            lanes.arrive(requests(lanes, "a", 20));
            lanes.command(CommandKind.FLUSH);
            lanes.paid(lanes.manifests().getFirst(), 10 * DOLLAR, 0);
            assertThat(sealed(lanes)).isEmpty();

            lanes.advance(Duration.ofHours(12)); // it was noon

            assertThat(lanes.manifests()).extracting(ManifestChunk::getItems).containsExactly(10);
        }
    }

    @Test
    void atTheLimitRequestsEndIfThatIsWished() {
        try (var lanes = lanes(budget("daily", "", Period.DAY, 10, AtLimit.REJECT))) {
            lanes.arrive(requests(lanes, "a", 12));

            assertThat(sealed(lanes)).containsExactly(10);
            assertThat(lanes.results()).hasSize(2).allSatisfy(result -> {
                assertThat(result.status()).isEqualTo(Result.Status.REJECTED);
                assertThat(result.batchId()).isEmpty();
                assertThat(result.failure()).isNotNull().satisfies(failure -> {
                    assertThat(failure.code()).isEqualTo("budget_exceeded");
                    assertThat(failure.message()).contains("daily", "2026-11-22");
                });
            });
            assertThat(lanes.totals().rejected()).isEqualTo(2);
            assertThat(lanes.totals().gap(10)).isZero();
        }
    }

    @Test
    void aModelWithoutAPriceIsNotSentUnderABudget() {
        try (var lanes = lanes(budget("daily", "", Period.DAY, 10, AtLimit.REJECT))) {
            lanes.arrive(LanesUnderTest.lane("main", "brand-new"), requests(lanes, "a", 1));

            assertThat(sealed(lanes)).isEmpty();
            assertThat(lanes.results())
                    .singleElement()
                    .extracting(Result::failure)
                    .isNotNull()
                    .satisfies(failure -> assertThat(failure.toString()).contains("brand-new"));
        }
    }

    @Test
    void aTagsBudgetBindsItAloneAndThePoolsBindsAll() {
        try (var lanes = lanes(
                budget("pool", "", Period.MONTH, 10, AtLimit.WAIT),
                budget("research", "research", Period.MONTH, 4, AtLimit.WAIT))) {
            lanes.arrive(TAGGED, requests(lanes, "r", 9));
            assertThat(sealed(lanes)).containsExactly(4);

            lanes.arrive(LANE, requests(lanes, "a", 9));

            assertThat(sealed(lanes)).containsExactly(6);
        }
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 20);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void whatIsSpentAndReservedIsNeverMoreThanABudget(long seed) {
        var random = new SplittableRandom(seed);
        var budgets = new Budget[] {
            budget("pool", "", Period.TOTAL, random.nextInt(20, 100), AtLimit.WAIT),
            budget("research", "research", Period.TOTAL, random.nextInt(1, 50), AtLimit.WAIT)
        };
        try (var lanes = lanes(budgets)) {
            var open = new LinkedHashMap<ManifestChunk, Long>();
            var spent = new LinkedHashMap<LaneId, Long>(Map.of(LANE, 0L, TAGGED, 0L));
            for (var event = 0; event < 60; event++) {
                switch (random.nextInt(4)) {
                    case 0 -> lanes.arrive(LANE, requests(lanes, "a" + event + "-", random.nextInt(1, 10)));
                    case 1 -> lanes.arrive(TAGGED, requests(lanes, "r" + event + "-", random.nextInt(1, 10)));
                    case 2 -> lanes.command(CommandKind.FLUSH);
                    default -> {
                        for (var batch : List.copyOf(open.keySet())) {
                            if (random.nextInt(3) == 0) {
                                var most = requireNonNull(open.remove(batch)) * DOLLAR;
                                var paid = random.nextLong(most / 2, most + 1);
                                spent.merge(batch.getLane(), paid, Long::sum);
                                lanes.paid(batch, paid, 0);
                            }
                        }
                    }
                }
                if (random.nextInt(20) == 0) {
                    lanes.restart();
                }
                var seen = new ArrayList<String>();
                for (var chunk : lanes.manifests()) {
                    if (!seen.contains(chunk.getBatchId())) {
                        seen.add(chunk.getBatchId());
                        open.put(chunk, (long) chunk.getItems());
                    }
                }
                for (var budget : budgets) {
                    assertThat(total(open, spent, budget))
                            .isLessThanOrEqualTo(budget.limit().picos());
                }
            }
        }
    }

    private static long total(Map<ManifestChunk, Long> open, Map<LaneId, Long> spent, Budget budget) {
        var reserved = open.entrySet().stream()
                .filter(batch -> budget.binds("pool", batch.getKey().getLane().getTag()))
                .mapToLong(batch -> batch.getValue() * DOLLAR)
                .sum();
        var settled = spent.entrySet().stream()
                .filter(lane -> budget.binds("pool", lane.getKey().getTag()))
                .mapToLong(Map.Entry::getValue)
                .sum();
        return reserved + settled;
    }
}
