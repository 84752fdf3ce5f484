package dev.halfrate.processor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Report.By;
import dev.halfrate.processor.money.Report.Row;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportPageTest {
    private static final Usd DOLLAR = new Usd(1_000_000_000_000L);
    private static final Spend SPEND = new Spend(
            1_200, 1, new Usage(40_000, 10_000, 5_000, 600), new Cost(DOLLAR, DOLLAR.times(2), DOLLAR.times(3)), 0);
    private static final Row ROW = new Row(List.of("=cmd(),x", "gpt-4o"), 2, SPEND, 0, Usd.ZERO);

    private final StringWriter words = new StringWriter();
    private final PrintWriter out = new PrintWriter(words);
    private final ReportPage page = new ReportPage(out, List.of(By.TAG, By.MODEL));

    private String said() {
        out.flush();
        return words.toString();
    }

    @Test
    void columnsStandBelowEachOther() {
        page.table(List.of(ROW), new Row(List.of(), 2, SPEND, 0, Usd.ZERO));

        assertThat(said()).startsWith("""
                TAG       MODEL   ANSWERS  INPUT TOKENS  CACHED  OUTPUT TOKENS     PAID  AT ONCE  SAVED  BY CACHES
                =cmd(),x  gpt-4o    1,200        40,000   25.0%            600  $1.0000  $2.0000  50.0%    $2.0000
                all       -         1,200        40,000   25.0%            600  $1.0000  $2.0000  50.0%    $2.0000
                """);
        assertThat(said()).doesNotContain("cost more", "no price", "besides");
    }

    @Test
    void whatIsLostIsSaid() {
        var lost = new Spend(1, 1, new Usage(1, 0, 1, 1), new Cost(DOLLAR, DOLLAR, Usd.ZERO), 7);

        page.table(List.of(), new Row(List.of(), 1, lost, 3, DOLLAR.times(3)));

        assertThat(said())
                .contains("* 7 tokens are of models that have no price")
                .contains("3 lines were or may have been paid for besides, about $3.0000")
                .contains("Writing to caches has cost more than reading from them saved");
    }

    @Test
    void csvIsQuotedAndIsNoFormula() {
        page.csv(List.of(ROW));

        assertThat(said()).isEqualToNormalizingNewlines("""
                tag,model,batches,answers,input_tokens,cached_input_tokens,cache_write_tokens,output_tokens,paid_usd,\
                synchronous_usd,saved_usd,saved_by_caches_usd,unpriced_tokens,exposed_lines,exposed_usd
                "'=cmd(),x",gpt-4o,2,1200,40000,10000,5000,600,1,2,1,2,0,0,0
                """);
    }

    @Test
    void jsonHasAllDigits() throws Exception {
        var cost = new Cost(new Usd(1_500_001), new Usd(3_000_002), new Usd(1_500_001));
        var row = new Row(List.of("", "m"), 1, new Spend(1, 1, new Usage(1, 0, 0, 1), cost, 0), 0, Usd.ZERO);

        page.json(List.of(row), new Row(List.of(), 1, row.spend(), 1, DOLLAR.times(1_000)));

        var json = new ObjectMapper().readTree(said());
        assertThat(json.at("/rows/0/tag").asText()).isEmpty();
        assertThat(json.at("/rows/0/model").asText()).isEqualTo("m");
        assertThat(said())
                .contains("0.000001500001")
                .contains("0.000003000002")
                .contains("\"exposed_usd\" : 1000")
                .doesNotContain("E-");
        assertThat(json.at("/total/answers").asInt()).isEqualTo(1);
    }
}
