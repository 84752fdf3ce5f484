package dev.halfrate.processor.doctor;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them. */
final class Amounts {
    private static final String[] UNITS = {"bytes", "KB", "MB", "GB", "TB", "PB"};

    private Amounts() {}

    /** @return such as 3.9 GB; 1 KB is 1,024 bytes */
    static String bytes(long bytes) {
        var amount = (double) bytes;
        var unit = 0;
        while (amount >= 1_000 && unit < UNITS.length - 1) {
            amount /= 1_024;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 || amount >= 10 ? "%.0f %s" : "%.1f %s", amount, UNITS[unit]);
    }

    /** @return such as 2 h 5 min, without a sign */
    static String time(Duration time) {
        var seconds = time.abs().toSeconds();
        if (seconds < 120) {
            return seconds + " s";
        }
        return seconds < 7_200
                ? "%d min".formatted(seconds / 60)
                : "%,d h %d min".formatted(seconds / 3_600, seconds / 60 % 60);
    }
}
