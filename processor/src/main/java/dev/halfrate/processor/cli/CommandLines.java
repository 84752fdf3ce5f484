package dev.halfrate.processor.cli;

import dev.halfrate.processor.call.CallException;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.lines.LinesException;
import dev.halfrate.processor.ops.StartupException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line with the manners that all commands share: one clear line for an error, and an exit code. */
public final class CommandLines {
    public static final int DONE = 0;
    public static final int FAILED = 1;
    public static final int MISUSED = 2;

    /** In the help of a command that others carry out. */
    static final String EXIT_CODES_ASKED = "Exit codes: 0 asked for, 1 failed, 2 wrong usage or configuration.";

    private CommandLines() {}

    /** @return the processor's commands; a program around it may add its own */
    public static CommandLine create() {
        var halfrate = new HalfrateCommand();
        return new CommandLine(halfrate)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, _) -> misused(e))
                .setExecutionExceptionHandler((e, command, _) -> failed(e, command, halfrate.debug()));
    }

    private static int misused(ParameterException e) {
        var command = e.getCommandLine();
        command.getErr().println("halfrate: " + e.getMessage());
        if (!UnmatchedArgumentException.printSuggestions(e, command.getErr())) {
            command.getErr()
                    .println("Try '%s --help'."
                            .formatted(command.getCommandSpec().qualifiedName()));
        }
        return MISUSED;
    }

    private static int failed(Exception e, CommandLine command, boolean debug) {
        var err = command.getErr();
        if (debug) {
            e.printStackTrace(err);
        }
        return switch (e) {
            case ConfigException _ -> {
                err.println("halfrate: " + e.getMessage());
                yield MISUSED;
            }
            case StartupException _, CallException _, LinesException _, CommandException _ -> {
                err.println("halfrate: " + e.getMessage());
                yield FAILED;
            }
            default -> {
                err.println("halfrate: unexpected " + e + "; --debug shows where");
                yield FAILED;
            }
        };
    }
}
