package dev.halfrate.processor.cli;

import static dev.halfrate.processor.cli.CallSummary.number;

import dev.halfrate.processor.call.CallCounts;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Progress of calls: one line redrawn in place on a terminal, a line now and then anywhere else. */
final class CallScreen {
    /** No longer than a terminal's line usually is: one that wraps cannot be redrawn. */
    private static final int COLUMNS_MAX = 79;

    private static final int BAR = 20;
    private static final Duration REDRAWN_EVERY = Duration.ofMillis(200);
    private static final Duration LINE_EVERY = Duration.ofSeconds(10);

    private final PrintWriter out;
    private final boolean terminal;
    private Duration shown = Duration.ZERO;

    CallScreen(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    static CallScreen of(PrintWriter out, Map<String, String> environment) {
        var interactive =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        return new CallScreen(
                out, interactive && !environment.getOrDefault("TERM", "dumb").equals("dumb"));
    }

    void show(CallCounts counts) {
        var every = terminal ? REDRAWN_EVERY : LINE_EVERY;
        if (counts.elapsed().minus(shown).compareTo(every) >= 0) {
            shown = counts.elapsed();
            draw(counts);
        }
    }

    /** Draws the last state, and leaves it standing. */
    void finish(CallCounts counts) {
        if (terminal) {
            draw(counts);
            out.println();
            out.flush();
        }
    }

    private void draw(CallCounts counts) {
        if (terminal) {
            out.print("\r" + line(counts) + "\u001b[K");
        } else {
            out.println(line(counts));
        }
        out.flush();
    }

    static String line(CallCounts counts) {
        var done = counts.requests() - counts.left();
        var filled = Math.clamp(done * BAR / Math.max(1, counts.requests()), 0, BAR);
        var text = new StringBuilder("%02d:%02d [%s%s] %s of %s, %d of %d at once"
                .formatted(
                        counts.elapsed().toMinutes(),
                        counts.elapsed().toSecondsPart(),
                        "#".repeat(filled),
                        " ".repeat(BAR - filled),
                        number(done),
                        number(counts.requests()),
                        counts.underWay(),
                        counts.callsMax()));
        append(text, counts.failed(), "failed");
        append(text, counts.sentAgain(), "again");
        append(text, counts.exposure(), "exposed");
        return text.length() <= COLUMNS_MAX ? text.toString() : text.substring(0, COLUMNS_MAX);
    }

    private static void append(StringBuilder text, long count, String what) {
        if (count > 0) {
            text.append(", ").append(number(count)).append(' ').append(what);
        }
    }
}
