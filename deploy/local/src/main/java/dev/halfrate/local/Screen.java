package dev.halfrate.local;

import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where progress is shown: redrawn in place on a terminal, a line each second anywhere else. */
final class Screen {
    private static final int WIDTH_USUAL = 80;
    private static final Duration WIDTH_ASKED_EVERY = Duration.ofSeconds(2);
    private static final Duration LINE_EVERY = Duration.ofSeconds(1);
    private static final Pattern STTY_SIZE = Pattern.compile("\\d+ (\\d+)\\s*");

    private final PrintWriter out;
    private final boolean terminal;
    private final boolean colour;
    private final boolean blocks;
    private int width = WIDTH_USUAL;
    private long widthAskedAt;
    private int linesDrawn;
    private @Nullable Progress lastLine;

    private Screen(PrintWriter out, boolean terminal, boolean colour, boolean blocks) {
        this.out = out;
        this.terminal = terminal;
        this.colour = colour;
        this.blocks = blocks;
        this.widthAskedAt = System.nanoTime() - WIDTH_ASKED_EVERY.toNanos();
    }

    static Screen of(PrintWriter out, Map<String, String> environment) {
        var interactive =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        var terminal = interactive && !environment.getOrDefault("TERM", "dumb").equals("dumb");
        var colour = terminal && environment.getOrDefault("NO_COLOR", "").isEmpty();
        return new Screen(out, terminal, colour, StandardCharsets.UTF_8.equals(System.out.charset()));
    }

    /** A screen that is no terminal. */
    static Screen plain(PrintWriter out) {
        return new Screen(out, false, false, false);
    }

    void show(Progress progress) {
        if (terminal) {
            redraw(view().block(progress));
        } else if (lastLine == null
                || progress.elapsed().minus(lastLine.elapsed()).compareTo(LINE_EVERY) >= 0) {
            lastLine = progress;
            out.println(view().line(progress));
            out.flush();
        }
    }

    /** Draws the last state, and leaves it standing. */
    void finish(Progress progress) {
        if (terminal) {
            redraw(view().block(progress));
            linesDrawn = 0;
        } else if (lastLine == null || progress.differsFrom(lastLine)) {
            out.println(view().line(progress));
        }
        out.println();
        out.flush();
    }

    private ProgressView view() {
        return new ProgressView(terminal ? width() : Integer.MAX_VALUE, colour, blocks);
    }

    private void redraw(List<String> lines) {
        var text = new StringBuilder();
        if (linesDrawn > 0) {
            text.append("\u001b[").append(linesDrawn).append('A');
        }
        for (var line : lines) {
            text.append('\r').append(line).append("\u001b[K\n");
        }
        linesDrawn = lines.size();
        out.print(text);
        out.flush();
    }

    /** Asked again and again, because people resize their windows. */
    private int width() {
        if (System.nanoTime() - widthAskedAt >= WIDTH_ASKED_EVERY.toNanos()) {
            widthAskedAt = System.nanoTime();
            width = askWidth();
        }
        return width;
    }

    private static int askWidth() {
        try {
            var stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (var answer = stty.inputReader(StandardCharsets.US_ASCII)) {
                var size = STTY_SIZE.matcher(String.valueOf(answer.readLine()));
                if (stty.waitFor(1, TimeUnit.SECONDS) && size.matches() && Integer.parseInt(size.group(1)) > 0) {
                    return Integer.parseInt(size.group(1));
                }
            }
        } catch (IOException _) {
            // No stty, no /dev/tty: the usual width does.
            return WIDTH_USUAL;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return WIDTH_USUAL;
    }
}
