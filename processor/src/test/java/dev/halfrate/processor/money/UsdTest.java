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
    }

    @Test
    void whatWouldBeTooMuchIsTheMost() {
        var most = new Usd(Long.MAX_VALUE);

        assertThat(most.plus(new Usd(1))).isEqualTo(most);
        assertThat(new Usd(Long.MIN_VALUE).minus(most)).isEqualTo(new Usd(Long.MIN_VALUE));
        assertThat(new Usd(10_000_000).times(1_000_000_000_000L)).isEqualTo(most);
        assertThat(most.share(3, 2)).isEqualTo(most);
        assertThat(new Usd(10).share(2, 3)).isEqualTo(new Usd(7));
        assertThat(new Usd(10).share(1, 0)).isEqualTo(Usd.ZERO);
    }
}
