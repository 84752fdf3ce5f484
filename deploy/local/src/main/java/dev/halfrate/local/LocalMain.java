package dev.halfrate.local;

import dev.halfrate.processor.cli.CommandLines;
import dev.halfrate.processor.cli.HalfrateCommand;
import picocli.CommandLine;

/** The program behind ./halfrate: the processor's commands, and those that bring a broker along. */
public final class LocalMain {
    private LocalMain() {}

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        var commandLine = CommandLines.create();
        commandLine
                .addSubcommand(new DemoCommand())
                .addSubcommand(new ExampleCommand())
                .addSubcommand(new LocalCommand())
                .addSubcommand(new SimulatorCommand());
        commandLine
                .getCommandSpec()
                .usageMessage()
                .footer(
                        "",
                        "Examples:",
                        "  halfrate demo                           see it work, with nothing else installed",
                        "  halfrate local                          try it with your own producer",
                        "  halfrate run --config halfrate.yaml     run the service",
                        "  halfrate doctor --config halfrate.yaml  check what it needs, and be told what to do",
                        "  halfrate produce -c halfrate.yaml FILE  send a file's requests",
                        "  halfrate results -c halfrate.yaml       read their results",
                        "  halfrate batches -c halfrate.yaml       see what is under way, and how long it may take",
                        "  halfrate status --config halfrate.yaml  see where everything is, and whether it adds up",
                        "  halfrate call -c halfrate.yaml FILE     send a file's requests now, at the full price",
                        "  halfrate help demo                      what a command needs and returns",
                        "  source <(halfrate completion)           complete commands with the tab key",
                        "",
                        HalfrateCommand.EXIT_CODES);
        return commandLine;
    }
}
