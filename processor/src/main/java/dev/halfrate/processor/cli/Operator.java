package dev.halfrate.processor.cli;

import dev.halfrate.processor.ops.Commands;

/** Who sits at this terminal. */
final class Operator {
    private Operator() {}

    static Commands.Wish wish() {
        return Commands.Wish.of(System.getProperty("user.name", "unknown") + " (terminal)");
    }
}
