package dev.halfrate.local;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What several commands ask of their options. */
final class Options {
    private static final int PORT_MAX = 65_535;
    private static final int SPEED_MAX = 1_000_000;

    private Options() {}

    static void requirePort(CommandSpec spec, int port) {
        if (port < 0 || port > PORT_MAX) {
            throw new ParameterException(spec.commandLine(), "a port must be 0..%d, got %d".formatted(PORT_MAX, port));
        }
    }

    static void requireSpeed(CommandSpec spec, double speed) {
        if (!(speed > 0 && speed <= SPEED_MAX)) {
            throw new ParameterException(
                    spec.commandLine(), "--speed must be above 0 and at most %d, got %s".formatted(SPEED_MAX, speed));
        }
    }
}
