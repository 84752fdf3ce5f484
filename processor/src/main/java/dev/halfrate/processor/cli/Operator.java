package dev.halfrate.processor.cli;

import dev.halfrate.processor.ops.Commands;

/** Who sits at this terminal. */
final class Operator {
    private Operator() {}

    static Commands.Wish wish() {
        return Commands.Wish.of(name());
    }

    static String name() {
        return System.getProperty("user.name", "unknown") + " (terminal)";
    }
}
