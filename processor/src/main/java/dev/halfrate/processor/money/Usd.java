package dev.halfrate.processor.money;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * US dollars, exact to a millionth of a millionth: prices of a token are whole numbers of that.
 *
 * @param picos of a dollar; sums beyond nine million dollars overflow, with an exception
 */
public record Usd(long picos) implements Comparable<Usd> {
    public static final Usd ZERO = new Usd(0);

    private static final int DIGITS = 12;

    /** @throws ArithmeticException if it has more digits than a Usd can hold */
    public static Usd of(BigDecimal dollars) {
        return new Usd(dollars.movePointRight(DIGITS).longValueExact());
    }

    public Usd plus(Usd other) {
        return new Usd(Math.addExact(picos, other.picos));
    }

    public Usd minus(Usd other) {
        return new Usd(Math.subtractExact(picos, other.picos));
    }

    public Usd times(long factor) {
        return new Usd(Math.multiplyExact(picos, factor));
    }

    /** @return this times {@code part} by {@code whole}, rounded up; zero of nothing */
    public Usd share(long part, long whole) {
        if (whole == 0) {
            return ZERO;
        }
        var product = BigDecimal.valueOf(picos).multiply(BigDecimal.valueOf(part));
        return new Usd(
                product.divide(BigDecimal.valueOf(whole), 0, RoundingMode.UP).longValueExact());
    }

    public BigDecimal dollars() {
        return BigDecimal.valueOf(picos, DIGITS);
    }

    @Override
    public int compareTo(Usd other) {
        return Long.compare(picos, other.picos);
    }

    /** @return all digits that are not zero, at least two behind the point, e.g. 0.000125 or 12.50 */
    @Override
    public String toString() {
        var plain = dollars().stripTrailingZeros();
        return plain.setScale(Math.max(2, plain.scale())).toPlainString();
    }
}
