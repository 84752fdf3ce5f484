package dev.halfrate.processor.money;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsdTest {
    @ParameterizedTest
    @CsvSource({"0, 0.00", "12.5, 12.50", "0.000125, 0.000125", "0.000000000001, 0.000000000001", "-3, -3.00"})
    void isWrittenWithAllItsDigits(BigDecimal dollars, String text) {
        assertThat(Usd.of(dollars)).hasToString(text);
    }

    @Test
    void nothingIsRounded() {
        assertThatThrownBy(() -> Usd.of(new BigDecimal("0.0000000000001"))).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> new Usd(Long.MAX_VALUE).plus(new Usd(1))).isInstanceOf(ArithmeticException.class);
    }
}
