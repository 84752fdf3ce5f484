package dev.halfrate.processor.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PriceTableTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    @TempDir
    private Path directory;

    private int changes;

    private Path file() {
        return directory.resolve("prices.yaml");
    }

    private void write(String entries) throws IOException {
        Files.writeString(file(), entries);
        Files.setLastModifiedTime(file(), FileTime.from(NOON.plusSeconds(++changes)));
    }

    private static String entry(String input) {
        return "prices: [{models: [m], since: 2026-11-01, source: here, input: %s, output: 1}]".formatted(input);
    }

    private PriceTable table() {
        return PriceTable.of(
                new MoneyConfig(file().toString(), List.of(), MoneyConfig.DEFAULT.outputTokensMax(), List.of()));
    }

    private static Usd millionTokens(PriceTable table) {
        return table.of("m", NOON)
                .orElseThrow()
                .of(new Usage(1_000_000, 0, 0, 0))
                .synchronous();
    }

    private static Usd usd(String dollars) {
        return Usd.of(new BigDecimal(dollars));
    }

    @Test
    void aChangedFileHoldsFromThenOn() throws IOException {
        write(entry("2"));
        var table = table();
        assertThat(millionTokens(table)).isEqualTo(usd("2"));

        write(entry("3"));

        assertThat(millionTokens(table)).isEqualTo(usd("3"));
    }

    @Test
    void aFileThatIsNotValidOrNotThereChangesNothing() throws IOException {
        write(entry("2"));
        var table = table();

        write("prices: [{models: [m]}]");
        assertThat(millionTokens(table)).isEqualTo(usd("2"));
        Files.delete(file());
        assertThat(millionTokens(table)).isEqualTo(usd("2"));
        write(entry("4"));
        assertThat(millionTokens(table)).isEqualTo(usd("4"));
    }

    @Test
    void aStartWithAFileThatIsNotValidIsRefused() throws IOException {
        write("prices: [{models: [m]}]");

        assertThatThrownBy(this::table).isInstanceOf(ConfigException.class).hasMessageContaining(file().toString());
    }

    @Test
    void aPriceHoldsFromItsDayOnInUtc() throws IOException {
        write(entry("2"));
        var table = table();

        assertThat(table.of("m", Instant.parse("2026-10-31T23:59:59Z"))).isEmpty();
        assertThat(table.of("m", Instant.parse("2026-11-01T00:00:00Z"))).isPresent();
        assertThat(table.of("another", NOON)).isEmpty();
        assertThat(PriceTable.of(MoneyConfig.DEFAULT).of("gpt-4o-mini", NOON)).isPresent();
    }
}
