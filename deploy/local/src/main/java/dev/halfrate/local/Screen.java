package dev.halfrate.local;

import dev.halfrate.processor.cli.Terminal;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where progress is shown: redrawn in place on a terminal, a line each second anywhere else. */
final class Screen {
    private static final Duration LINE_EVERY = Duration.ofSeconds(1);

    private final PrintWriter out;
    private final Terminal terminal;
    private @Nullable Progress lastLine;

    private Screen(PrintWriter out, Terminal terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    static Screen of(PrintWriter out, Map<String, String> environment) {
        return new Screen(out, Terminal.of(out, environment));
    }

    /** A screen that is no terminal. */
    static Screen plain(PrintWriter out) {
        return new Screen(out, Terminal.plain(out));
    }

    void show(Progress progress) {
        if (terminal.isInteractive()) {
            terminal.redraw(view().block(progress));
        } else if (lastLine == null
                || progress.elapsed().minus(lastLine.elapsed()).compareTo(LINE_EVERY) >= 0) {
            lastLine = progress;
            terminal.redraw(List.of(view().line(progress)));
        }
    }

    /** Draws the last state, and leaves it standing. */
    void finish(Progress progress) {
        if (terminal.isInteractive()) {
            terminal.redraw(view().block(progress));
            terminal.keep();
        } else if (lastLine == null || progress.differsFrom(lastLine)) {
            terminal.redraw(List.of(view().line(progress)));
        }
        out.println();
        out.flush();
    }

    private ProgressView view() {
        return new ProgressView(terminal.width(), terminal.hasColour(), terminal.hasBlocks());
    }
}
