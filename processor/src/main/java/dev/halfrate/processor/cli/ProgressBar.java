package dev.halfrate.processor.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * How far long work is, in one line: a bar with percent, rate and the time that is left on a terminal, a line now and then
 * anywhere else. Short work shows nothing there. One thread.
 */
final class ProgressBar {
    private static final int BAR = 20;
    private static final Duration REDRAWN_EVERY = Duration.ofMillis(200);
    private static final Duration LINE_EVERY = Duration.ofSeconds(10);

    /** Before that, nobody can say how long it takes. */
    private static final Duration RATE_AFTER = Duration.ofSeconds(1);

    private static final int PERCENT = 100;

    private final Terminal terminal;
    private boolean drawn;

    ProgressBar(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Beside what goes to standard output. */
    static ProgressBar on(PrintWriter err) {
        return new ProgressBar(Terminal.of(err, System.getenv()));
    }

    /**
     * Where the work is.
     *
     * @param done of what people count, such as requests
     * @param part of the whole, total all of it, in whatever is known best; a total of 0 if nobody knows
     * @param note what else there is to say; empty for nothing
     */
    record State(Duration elapsed, long done, long part, long total, String note) {}

    void show(State state) {
        if (terminal.isDue(REDRAWN_EVERY, LINE_EVERY)) {
            draw(state);
        }
    }

    /** Draws the last state, and leaves it standing. */
    void finish(State state) {
        if (terminal.isInteractive() || drawn) {
            draw(state);
        }
        terminal.keep();
        drawn = false;
    }

    private void draw(State state) {
        var line = line(state);
        // One that wraps could not be redrawn.
        var columns = terminal.isInteractive() ? terminal.width() - 1 : line.length();
        terminal.redraw(List.of(line.length() <= columns ? line : line.substring(0, columns)));
        drawn = true;
    }

    static String line(State state) {
        var text = new StringBuilder(clock(state.elapsed));
        if (state.total > 0) {
            var part = Math.clamp(state.part, 0, state.total);
            var filled = (int) (part * BAR / state.total);
            text.append(" [%s%s] %3d %%"
                    .formatted("#".repeat(filled), " ".repeat(BAR - filled), part * PERCENT / state.total));
        }
        text.append("  ").append(number(state.done));
        if (state.total > 0 && state.done == state.part) {
            text.append(" of ").append(number(state.total));
        }
        if (state.elapsed.compareTo(RATE_AFTER) >= 0) {
            text.append(", %s/s".formatted(number(state.done * 1_000 / state.elapsed.toMillis())));
            if (state.part > 0 && state.part < state.total) {
                var left = state.elapsed.toMillis() * ((double) (state.total - state.part) / state.part);
                text.append(", ").append(clock(Duration.ofMillis((long) left))).append(" to go");
            }
        }
        return state.note.isEmpty()
                ? text.toString()
                : text.append(", ").append(state.note).toString();
    }

    static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String clock(Duration time) {
        return "%02d:%02d".formatted(time.toMinutes(), time.toSecondsPart());
    }
}
