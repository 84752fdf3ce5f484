package dev.halfrate.processor.cli;

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

/** Where something is shown that changes: redrawn in place on a terminal, a line now and then anywhere else. One thread. */
public final class Terminal {
    private static final int WIDTH_USUAL = 80;
    private static final Duration WIDTH_ASKED_EVERY = Duration.ofSeconds(2);
    private static final Pattern STTY_SIZE = Pattern.compile("\\d+ (\\d+)\\s*");

    private final PrintWriter out;
    private final boolean interactive;
    private final boolean colour;
    private final boolean blocks;
    private final long madeAt = System.nanoTime();
    private int width = WIDTH_USUAL;
    private long widthAskedAt = System.nanoTime() - WIDTH_ASKED_EVERY.toNanos();
    private int linesDrawn;
    private Duration drawnAt = Duration.ZERO;

    private Terminal(PrintWriter out, boolean interactive, boolean colour, boolean blocks) {
        this.out = out;
        this.interactive = interactive;
        this.colour = colour;
        this.blocks = blocks;
    }

    /** @param environment of the process: TERM and NO_COLOR */
    public static Terminal of(PrintWriter out, Map<String, String> environment) {
        var console =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        var interactive = console && !environment.getOrDefault("TERM", "dumb").equals("dumb");
        var colour = interactive && environment.getOrDefault("NO_COLOR", "").isEmpty();
        return new Terminal(out, interactive, colour, StandardCharsets.UTF_8.equals(System.out.charset()));
    }

    /** What is no terminal. */
    public static Terminal plain(PrintWriter out) {
        return new Terminal(out, false, false, false);
    }

    public boolean isInteractive() {
        return interactive;
    }

    public boolean hasColour() {
        return colour;
    }

    /** Whether its character set has block characters. */
    public boolean hasBlocks() {
        return blocks;
    }

    /** Since it was made. */
    Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - madeAt);
    }

    /** @return whether so much time has passed since this last said yes; then something is to be shown */
    boolean isDue(Duration onTerminal, Duration elsewhere) {
        var now = elapsed();
        var due = now.minus(drawnAt).compareTo(interactive ? onTerminal : elsewhere) >= 0;
        if (due) {
            drawnAt = now;
        }
        return due;
    }

    /** Shows these instead of the lines before; elsewhere than on a terminal, below them. */
    public void redraw(List<String> lines) {
        var text = new StringBuilder();
        if (interactive) {
            if (linesDrawn > 0) {
                text.append("\u001b[").append(linesDrawn).append('A');
            }
            lines.forEach(line -> text.append('\r').append(line).append("\u001b[K\n"));
            // What is left of more lines before.
            text.append("\u001b[J");
            linesDrawn = lines.size();
        } else {
            lines.forEach(line -> text.append(line).append(System.lineSeparator()));
        }
        out.print(text);
        out.flush();
    }

    /** Leaves standing what was drawn. */
    public void keep() {
        linesDrawn = 0;
    }

    /** Asked again and again, because people resize their windows. */
    public int width() {
        if (!interactive) {
            return Integer.MAX_VALUE;
        }
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
