package dev.halfrate.processor.cli;

import picocli.CommandLine.Model.CommandSpec;

/** Keeps libraries from logging what a command says itself, and better. */
final class Quiet {
    private static final String CONFIGURATION = "logback.configurationFile";

    private Quiet() {}

    /** Works only before the first logger is made; not with --debug, nor where somebody has chosen otherwise. */
    static void keep(CommandSpec command) {
        var debug = command.root().userObject() instanceof HalfrateCommand halfrate && halfrate.debug();
        if (!debug && System.getProperty(CONFIGURATION) == null) {
            System.setProperty(CONFIGURATION, "logback-quiet.xml");
        }
    }
}
