package dev.halfrate.local;

import java.nio.file.Path;

/** Sends what everything in this JVM logs to a file, but our own warnings to standard error as well. */
final class Logs {
    private Logs() {}

    /** Works only before the first logger is made. */
    static void into(Path file) {
        System.setProperty("halfrate.log", file.toString());
        System.setProperty("logback.configurationFile", "logback-local.xml");
    }
}
