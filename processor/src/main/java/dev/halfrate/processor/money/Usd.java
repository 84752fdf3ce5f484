package dev.halfrate.processor.money;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * US dollars, exact to a millionth of a millionth: prices of a token are whole numbers of that.
 *
 * @param picos of a dollar; nine million dollars are the most, also of what would be more
 */
public record Usd(long picos) implements Comparable<Usd> {
    public static final Usd ZERO = new Usd(0);

    private static final int DIGITS = 12;

    /** @throws ArithmeticException if it has more digits than a Usd can hold */
    public static Usd of(BigDecimal dollars) {
        return new Usd(dollars.movePointRight(DIGITS).longValueExact());
    }

    public Usd plus(Usd other) {
        var sum = picos + other.picos;
        var overflows = ((picos ^ sum) & (other.picos ^ sum)) < 0;
        return new Usd(overflows ? (picos < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : sum);
    }

    public Usd minus(Usd other) {
        return plus(new Usd(other.picos == Long.MIN_VALUE ? Long.MAX_VALUE : -other.picos));
    }

    public Usd times(long factor) {
        return bounded(BigDecimal.valueOf(picos).multiply(BigDecimal.valueOf(factor)));
    }

    /** @return this times {@code part} by {@code whole}, rounded up; zero of nothing */
    public Usd share(long part, long whole) {
        if (whole == 0) {
            return ZERO;
        }
        var product = BigDecimal.valueOf(picos).multiply(BigDecimal.valueOf(part));
        return bounded(product.divide(BigDecimal.valueOf(whole), 0, RoundingMode.UP));
    }

    private static Usd bounded(BigDecimal picos) {
        return new Usd(picos.max(BigDecimal.valueOf(Long.MIN_VALUE))
                .min(BigDecimal.valueOf(Long.MAX_VALUE))
                .longValueExact());
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
