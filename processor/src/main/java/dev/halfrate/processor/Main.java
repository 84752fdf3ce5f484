package dev.halfrate.processor;

import dev.halfrate.processor.cli.CommandLines;

/** The program in production. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(CommandLines.create().execute(args));
    }
}
