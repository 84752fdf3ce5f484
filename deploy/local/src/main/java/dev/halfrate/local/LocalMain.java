package dev.halfrate.local;

import dev.halfrate.processor.cli.CommandLines;

/** The program behind ./halfrate: the processor's commands, and those that need a broker in the same JVM. */
public final class LocalMain {
    private LocalMain() {}

    public static void main(String[] args) {
        System.exit(CommandLines.create().execute(args));
    }
}
