package dev.halfrate.processor.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Price;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.LocalDate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PriceFileTest {
    private static final LocalDate TODAY = LocalDate.parse("2026-11-22");
    private static final long MILLION = 1_000_000;

    private static Cost cost(String batch, String synchronous) {
        return cost(batch, synchronous, batch);
    }

    private static Cost cost(String batch, String synchronous, String uncached) {
        return new Cost(
                Usd.of(new BigDecimal(batch)), Usd.of(new BigDecimal(synchronous)), Usd.of(new BigDecimal(uncached)));
    }

    private static Price builtIn(String model) {
        return PriceFile.builtIn().of(model, TODAY).orElseThrow();
    }

    private static Price parsed(String entry) {
        return PriceFile.parse("file", "prices: [%s]".formatted(entry))
                .of("m", TODAY)
                .orElseThrow();
    }

    @Test
    void theTableThatComesAlongHasVendorsPrices() {
        assertThat(builtIn("gpt-4o-mini").of(new Usage(MILLION, 0, 0, MILLION))).isEqualTo(cost("0.375", "0.75"));
        assertThat(builtIn("gpt-4o-mini").derived()).isFalse();
        assertThat(builtIn("claude-haiku-4-5").of(new Usage(MILLION, 0, 0, MILLION)))
                .isEqualTo(cost("3", "6"));
        assertThat(builtIn("gpt-6-luna").derived()).isTrue();
    }

    @Test
    void eachPartOfTheInputHasItsPrice() {
        var tenEach = new Usage(40, 10, 20, 10, 10);

        // 10 plain at 1, 10 read at 0.10, 10 written for minutes at 1.25, 10 for an hour at 2, 10 of output at 5
        // dollars
        assertThat(builtIn("claude-haiku-4-5").of(tenEach)).isEqualTo(cost("0.00004675", "0.0000935", "0.000045"));
    }

    @Test
    void aLongInputMakesAllOfTheRequestDearer() {
        var price = builtIn("gpt-6-sol");

        assertThat(price.of(new Usage(272_000, 0, 0, 1_000))).isEqualTo(cost("0.277", "0.554"));
        assertThat(price.of(new Usage(272_001, 0, 0, 1_000))).isEqualTo(cost("0.551502", "1.103004"));
    }

    @Test
    void snapshotsCostWhatTheirModelDoesAndNothingElseIsGuessed() {
        var prices = PriceFile.builtIn();

        assertThat(prices.of("gpt-4o-2024-08-06", TODAY)).isEqualTo(prices.of("gpt-4o", TODAY));
        assertThat(prices.of("claude-haiku-4-5-20251001", TODAY)).isEqualTo(prices.of("claude-haiku-4-5", TODAY));
        assertThat(prices.of("gpt-4o-audio", TODAY)).isEmpty();
        assertThat(prices.of("gpt-4", TODAY)).isEmpty();
    }

    @Test
    void theLastPriceThatHasBegunHolds() {
        var prices = PriceFile.parse("file", """
                prices:
                  - {models: [m], since: 2026-12-01, source: x, input: 3, output: 3}
                  - {models: [m], since: 2026-01-01, source: x, input: 1, output: 1}
                  - {models: [m], since: 2026-06-01, source: x, input: 2, output: 2}
                """);

        assertThat(prices.of("m", LocalDate.parse("2025-12-31"))).isEmpty();
        assertThat(prices.of("m", TODAY).orElseThrow().of(new Usage(MILLION, 0, 0, 0)))
                .isEqualTo(cost("1", "2"));
        assertThat(prices.of("m", LocalDate.parse("2026-12-01")).orElseThrow().of(new Usage(MILLION, 0, 0, 0)))
                .isEqualTo(cost("1.5", "3"));
    }

    @Test
    void whatIsLeftOutCostsAsInput() {
        var price = parsed("{models: [m], since: 2026-01-01, source: x, input: 2, output: 0}");

        assertThat(price.of(new Usage(MILLION, MILLION / 2, MILLION / 4, MILLION / 8, 7)))
                .isEqualTo(cost("1", "2"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {since: 2026-01-01, source: x, input: 1, output: 1} | file: prices[0].models must be a list of at least one model, got none
            {models: [m], source: x, input: 1, output: 1} | file: prices[0].since is missing
            {models: [m], since: soon, source: x, input: 1, output: 1} | file: prices[0].since must be a day such as 2026-11-21, got 'soon'
            {models: [m], since: 2026-01-01, source: x, input: one, output: 1} | file: prices[0].input must be a number, got 'one'
            {models: [m], since: 2026-01-01, source: x, input: -1, output: 1} | file: prices[0].input must be zero or more, got -1
            {models: [m], since: 2026-01-01, source: x, input: 0.0000001, output: 1} | file: prices[0].input must be a price of at most six digits behind the point, with all factors; got 1E-7
            {models: [m], since: 2026-01-01, source: x, input: 1, ouput: 1} | file: prices[0].output is missing
            {models: [m, m], since: 2026-01-01, source: x, input: 1, output: 1} | file: prices[0].since must be another day than that of the other entry for m, got 2026-01-01
            """)
    void mistakesAreNamed(String entry, String message) {
        assertThatThrownBy(() -> parsed(entry))
                .isInstanceOf(ConfigException.class)
                .hasMessage(message);
    }

    @Test
    void aFileThatCannotBeReadIsNamed() {
        assertThatThrownBy(() -> PriceFile.load(Path.of("/no/such/file")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("/no/such/file cannot be read as a UTF-8 file: NoSuchFileException");
    }
}
