package dev.halfrate.processor.money;

import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.temporal.TemporalAdjusters;
import java.util.Optional;

/**
 * A hard limit on what may be spent.
 *
 * @param pool whose lanes it binds
 * @param tag that it is about; empty for all that the pool spends
 * @param usd in one period
 * @param atLimit what becomes of requests that do not fit
 */
public record Budget(String name, String pool, String tag, Period period, BigDecimal usd, AtLimit atLimit) {
    /** What it is for; days are UTC's, weeks begin on Monday. */
    public enum Period {
        DAY,
        WEEK,
        MONTH,
        TOTAL
    }

    /** Before anything is submitted. */
    public enum AtLimit {
        WAIT,
        REJECT
    }

    public Usd limit() {
        return Usd.of(usd);
    }

    public boolean binds(String lanePool, String laneTag) {
        return pool.equals(lanePool) && (tag.isEmpty() || tag.equals(laneTag));
    }

    /** @return whether what was spent on a day counts on another one */
    public boolean counts(LocalDate day, LocalDate today) {
        return !day.isBefore(began(today));
    }

    private LocalDate began(LocalDate today) {
        return switch (period) {
            case DAY -> today;
            case WEEK -> today.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
            case MONTH -> today.withDayOfMonth(1);
            case TOTAL -> LocalDate.EPOCH;
        };
    }

    /** @return the first day of the next period, empty if there is none */
    public Optional<LocalDate> renews(LocalDate today) {
        return switch (period) {
            case DAY -> Optional.of(today.plusDays(1));
            case WEEK -> Optional.of(today.with(TemporalAdjusters.next(DayOfWeek.MONDAY)));
            case MONTH -> Optional.of(today.plusMonths(1).withDayOfMonth(1));
            case TOTAL -> Optional.empty();
        };
    }
}
