package dev.halfrate.processor.cli;

import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command itself: what all subcommands have in common. */
@Command(
        name = "halfrate",
        description = "LLM requests in on Kafka, answers out on Kafka, at the vendors' batch price.",
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            RunCommand.class,
            DoctorCommand.class,
            TopicsCommand.class,
            ProduceCommand.class,
            ResultsCommand.class,
            StatusCommand.class,
            BatchesCommand.class,
            ReportCommand.class,
            CancelCommand.class,
            LaneCommands.Pause.class,
            LaneCommands.Resume.class,
            LaneCommands.Flush.class,
            ResolveCommand.class,
            DlqCommand.class,
            TemplateCommand.class,
            CallCommand.class,
            EstimateCommand.class,
            VersionCommand.class,
            HalfrateCommand.Completion.class,
            CommandLine.HelpCommand.class
        },
        footer = {
            "",
            "Examples:",
            "  halfrate run --config halfrate.yaml     run the service until Ctrl-C or SIGTERM",
            "  halfrate doctor --config halfrate.yaml  check what it needs, and be told what to do",
            "  halfrate produce -c halfrate.yaml FILE  send a file's requests",
            "  halfrate results -c halfrate.yaml       read their results",
            "  halfrate batches -c halfrate.yaml       see what is under way, and how long it may take",
            "  halfrate status --config halfrate.yaml  see where everything is, and whether it adds up",
            "  halfrate report --config halfrate.yaml  what was spent, and what was saved",
            "  halfrate estimate FILE                  what a file's requests will cost, before anything is sent",
            "  halfrate call -c halfrate.yaml FILE     send a file's requests now, at the full price",
            "  halfrate template try -c halfrate.yaml  see what a source makes of an event",
            "  halfrate help run                       what run needs and what it returns",
            "  source <(halfrate completion)           complete commands and options with the tab key",
            "",
            HalfrateCommand.EXIT_CODES
        })
public final class HalfrateCommand implements Runnable {
    public static final String EXIT_CODES =
            "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 stopped by Ctrl-C.";

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Print stack traces of errors.")
    private boolean debug;

    boolean debug() {
        return debug;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a COMMAND is needed");
    }

    /** picocli's generator under the name by which people look for it. */
    @Command(
            name = "completion",
            description = "Print a completion script for bash or zsh.",
            footer = {
                "",
                "Examples:",
                "  source <(halfrate completion)",
                "  halfrate completion > /etc/bash_completion.d/halfrate",
                "",
                "Exit codes: 0 done, 2 wrong usage."
            })
    static final class Completion extends GenerateCompletion {}
}
