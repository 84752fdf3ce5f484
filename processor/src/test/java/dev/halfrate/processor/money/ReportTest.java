package dev.halfrate.processor.money;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.money.Report.By;
import dev.halfrate.processor.money.Report.Row;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final LocalDate DAY = LocalDate.parse("2026-11-22");

    private static final BatchSpend DEAR =
            batch("gpt-4o", DAY, spend(4, 400), Map.of("a", spend(1, 100), "b", spend(2, 200)), 2);
    private static final BatchSpend CHEAP = batch("gpt-4o-mini", DAY.plusDays(1), spend(3, 30), Map.of(), 0);
    private static final BatchSpend EARLY = batch("gpt-4o-mini", DAY.minusDays(1), spend(5, 50), Map.of(), 0);
    private static final List<BatchSpend> ALL = List.of(DEAR, CHEAP, EARLY);

    private static BatchSpend batch(
            String model, LocalDate day, Spend spend, Map<String, Spend> byTag, long exposedLines) {
        var exposure = spend.cost().paid().share(exposedLines, spend.answers());
        return new BatchSpend(
                "main", model, "main/" + model + "/v1/chat/completions", day, spend, byTag, exposedLines, exposure);
    }

    private static Spend spend(int answers, long picos) {
        return new Spend(
                answers,
                answers * 10L,
                new Usage(answers, 0, 0, answers),
                new Cost(new Usd(picos), new Usd(2 * picos), new Usd(picos)),
                0);
    }

    @Test
    void theDearestComesFirst() {
        assertThat(Report.of(ALL, List.of(By.MODEL)))
                .containsExactly(
                        new Row(List.of("gpt-4o"), 1, spend(4, 400), 2, new Usd(200)),
                        new Row(List.of("gpt-4o-mini"), 2, spend(8, 80), 0, Usd.ZERO));
    }

    @Test
    void daysComeInTheirOrder() {
        assertThat(Report.of(ALL, List.of(By.DAY, By.LANE)))
                .extracting(Row::keys)
                .containsExactly(
                        List.of("2026-11-21", "main/gpt-4o-mini/v1/chat/completions"),
                        List.of("2026-11-22", "main/gpt-4o/v1/chat/completions"),
                        List.of("2026-11-23", "main/gpt-4o-mini/v1/chat/completions"));
    }

    @Test
    void whatBearsNoLabelIsARowOfItsOwnWithTheExposure() {
        assertThat(Report.of(List.of(DEAR), List.of(By.TAG)))
                .containsExactly(
                        new Row(List.of("b"), 1, spend(2, 200), 0, Usd.ZERO),
                        new Row(List.of(""), 1, spend(1, 100), 2, new Usd(200)),
                        new Row(List.of("a"), 1, spend(1, 100), 0, Usd.ZERO));
    }

    @Test
    void theTotalIsTheSumHoweverItIsSplit() {
        var total = Report.total(ALL);

        for (var by : By.values()) {
            assertThat(Report.of(ALL, List.of(by)).stream().map(Row::spend).reduce(Spend.NONE, Spend::plus))
                    .as(by.name())
                    .isEqualTo(total.spend());
        }
        assertThat(total).isEqualTo(new Row(List.of(), 3, spend(12, 480), 2, new Usd(200)));
        assertThat(Report.total(List.of()).spend()).isEqualTo(Spend.NONE);
    }

    @Test
    void cachesMaySaveOrCost() {
        var rates = new Rates(new Usd(100), new Usd(10), new Usd(125), new Usd(200), new Usd(500));
        var price = new Price(DAY, "here", false, rates, rates, null);

        assertThat(price.of(new Usage(1_000, 900, 0, 1)).cacheSaving()).isEqualTo(new Usd(900 * 90));
        assertThat(price.of(new Usage(1_000, 0, 900, 1)).cacheSaving()).isEqualTo(new Usd(-900 * 25));
        assertThat(price.of(new Usage(1_000, 0, 900, 900, 1)).cacheSaving()).isEqualTo(new Usd(-900 * 100));
    }
}
