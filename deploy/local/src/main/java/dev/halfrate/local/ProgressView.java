package dev.halfrate.local;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Progress as text: a block with bars for a terminal, or one line.
 *
 * @param width columns of the terminal; no line is longer
 * @param colour whether bars may be coloured
 * @param blocks whether the terminal's character set has block characters
 */
record ProgressView(int width, boolean colour, boolean blocks) {
    private static final int BAR_MIN = 10;
    private static final int BAR_MAX = 40;
    private static final int BESIDE_BAR = 2 + 10 + 1 + 9 + 2;
    private static final int NOTE = 26;
    private static final String GREEN = "\u001b[32m";
    private static final String PLAIN = "\u001b[0m";

    /** Each row is a station of the road and how many requests have come that far. */
    List<String> block(Progress progress) {
        return List.of(
                row("read", progress.read(), progress, sent(progress)),
                row("in windows", progress.windowed(), progress, now(progress.waitingInWindows(), "waiting")),
                row("spooled", progress.spooled(), progress, ""),
                row("running", progress.submitted(), progress, atVendor(progress)),
                row("collected", progress.collected(), progress, ""),
                row("published", progress.published(), progress, ""),
                cut("  " + clock(progress.elapsed()) + "  " + footer(progress)));
    }

    /** Requests by where they are now, for places that keep every line. */
    String line(Progress progress) {
        return "%s  read %s of %s | in windows %s | spooled %s | running %s | collected %s | published %s | %s"
                .formatted(
                        clock(progress.elapsed()),
                        number(progress.read()),
                        number(progress.total()),
                        number(progress.waitingInWindows()),
                        number(progress.preparing()),
                        number(progress.runningAtVendor()),
                        number(progress.collected()),
                        number(progress.published()),
                        footer(progress));
    }

    static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    static String count(long value, String one, String many) {
        return number(value) + " " + (value == 1 ? one : many);
    }

    private String row(String label, long reached, Progress progress, String note) {
        var room = Math.clamp(width - BESIDE_BAR - NOTE, BAR_MIN, BAR_MAX);
        var filled = (int) Math.min(room, reached * room / Math.max(1, progress.total()));
        var bar = (blocks ? "█" : "#").repeat(filled);
        var text = cut("  %-10s %9s  %s%s  %s".formatted(label, number(reached), bar, " ".repeat(room - filled), note));
        return colour && filled > 0 ? text.replace(bar, GREEN + bar + PLAIN) : text;
    }

    private static String sent(Progress progress) {
        return progress.sent() < progress.total()
                ? "%s of %s sent".formatted(number(progress.sent()), number(progress.total()))
                : "";
    }

    private static String atVendor(Progress progress) {
        var left = progress.runningAtVendor();
        return left == 0 ? "" : now(left, "at the vendor");
    }

    private static String now(long count, String where) {
        return count == 0 ? "" : number(count) + " " + where;
    }

    private static String footer(Progress progress) {
        var text = new StringBuilder()
                .append(progress.done() * 100 / Math.max(1, progress.total()))
                .append(" % done, ")
                .append(count(progress.batches(), "batch", "batches"));
        if (progress.batches() > 0) {
            text.append(" (%d running, %d settled)".formatted(progress.batchesRunning(), progress.batchesSettled()));
        }
        append(text, progress.notSucceeded(), "not succeeded");
        append(text, progress.deadLetters(), "dead-lettered");
        append(text, progress.repeated(), "repeated");
        return text.toString();
    }

    private static void append(StringBuilder text, long count, String what) {
        if (count > 0) {
            text.append(", ").append(number(count)).append(' ').append(what);
        }
    }

    private static String clock(Duration elapsed) {
        return "%02d:%02d".formatted(elapsed.toMinutes(), elapsed.toSecondsPart());
    }

    private String cut(String text) {
        var line = text.stripTrailing();
        return line.length() <= width ? line : line.substring(0, width);
    }
}
