package dev.halfrate.processor.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** `version`: the same as --version, for those who type it so. */
@Command(
        name = "version",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Print the version.",
        footer = {
            "",
            "Examples:",
            "  halfrate version",
            "  halfrate version --json | jq -r .version",
            "",
            "Exit codes: 0 done."
        })
final class VersionCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private JsonOption json;

    /** What --json prints. */
    private record Json(String version, String java) {}

    @Override
    public void run() {
        json.print(
                spec.commandLine().getOut(),
                new Json(Version.release(), Runtime.version().toString()),
                Version.line());
    }
}
