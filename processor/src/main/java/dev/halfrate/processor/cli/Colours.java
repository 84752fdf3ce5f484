package dev.halfrate.processor.cli;

import java.io.Console;
import java.util.Map;
import java.util.Optional;

/** Colours for a terminal; nothing anywhere else. */
enum Colours {
    ON,
    OFF;

    /** @param environment TERM and NO_COLOR of which are heard */
    static Colours of(Map<String, String> environment) {
        var terminal =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        return terminal
                        && !environment.getOrDefault("TERM", "dumb").equals("dumb")
                        && environment.getOrDefault("NO_COLOR", "").isEmpty()
                ? ON
                : OFF;
    }

    String green(String text) {
        return coloured(32, text);
    }

    String yellow(String text) {
        return coloured(33, text);
    }

    String red(String text) {
        return coloured(31, text);
    }

    private String coloured(int colour, String text) {
        return this == ON ? "\u001b[%dm%s\u001b[0m".formatted(colour, text) : text;
    }
}
