package dev.halfrate.trial;

import dev.halfrate.trial.process.Directories;
import dev.halfrate.trial.process.TrialException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;

/** What a command does in a directory of its own, which is kept if it failed. */
@FunctionalInterface
interface Trial {
    /** @return whether the promises were kept */
    boolean in(Path directory) throws IOException, InterruptedException;

    /**
     * @param repeat the command that repeats it
     * @return the exit code
     */
    static int run(CommandSpec spec, String repeat, Trial trial) throws IOException, InterruptedException {
        var directory = Files.createTempDirectory("halfrate-trial-");
        var out = spec.commandLine().getOut();
        try {
            if (trial.in(directory)) {
                Directories.delete(directory);
                return 0;
            }
        } catch (TrialException e) {
            out.println("FAILED: " + e.getMessage());
        }
        out.println("to repeat it: ./halfrate trial " + repeat);
        spec.commandLine().getErr().println("Logs and configurations are in " + directory);
        return 1;
    }
}
