package dev.halfrate.trial;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program behind {@code ./halfrate trial}. */
@Command(
        name = "halfrate trial",
        mixinStandardHelpOptions = true,
        description = {
            "Prove that each request has one answer and nothing is paid twice, with real processes that really die.",
            "",
            "Everything is started on this machine; nothing leaves it, nothing costs money."
        },
        subcommands = {
            KillMatrixCommand.class,
            SoakCommand.class,
            RollingCommand.class,
            ScaleCommand.class,
            LargeCommand.class
        },
        footer = {
            "",
            "Examples:",
            "  halfrate trial kill-matrix                          every case",
            "  halfrate trial kill-matrix --part 2/4               a quarter of them",
            "  halfrate trial kill-matrix --only CP12/openai/kill  one, to repeat it",
            "  halfrate trial soak --for 30m",
            "  halfrate trial rolling                              from the release before to this build, and back",
            "  halfrate trial scale                                more and fewer processors under load",
            "  halfrate trial large                                the largest batches in a small heap",
            "",
            "Exit codes: 0 the promises were kept, 1 they were not, or something could not be tried, 2 wrong usage."
        })
public final class TrialMain implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    TrialMain() {}

    public static void main(String[] args) {
        // Works only before the first logger is made.
        System.setProperty("logback.configurationFile", "logback-trial.xml");
        System.exit(new CommandLine(new TrialMain()).execute(args));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a COMMAND is needed");
    }
}
