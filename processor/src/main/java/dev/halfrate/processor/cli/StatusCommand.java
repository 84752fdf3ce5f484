package dev.halfrate.processor.cli;

import dev.halfrate.processor.ops.OperatorJson;
import dev.halfrate.processor.ops.StatusDocument;
import dev.halfrate.processor.ops.StatusReader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** `status`: whether everything adds up, and what an operator has to look at. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Show where all requests and batches are, and whether everything adds up.",
            "",
            "Reads Kafka only, so it works from anywhere, and also when no process runs. A sum that does not add up"
                    + " is looked at again before it is an alarm: on the move, sums of different moments differ."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate status --config halfrate.yaml",
            "  halfrate status --config halfrate.yaml --json | jq .alarms",
            "",
            "Exit codes: 0 all is well, 1 an alarm or no answer, 2 wrong usage or configuration."
        })
final class StatusCommand implements Callable<Integer> {
    /** A gap that is the same at all of them is one. */
    private static final int LOOKS = 3;

    private static final long LOOK_AGAIN_MS = 1_000;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption configuration;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        var config = configuration.load();
        try (var reader = StatusReader.open(config)) {
            var status = reader.read();
            var gaps = status.gaps();
            var refusals = status.refusals();
            for (var look = 1; look < LOOKS && !(gaps.isEmpty() && refusals.isEmpty()); look++) {
                Thread.sleep(LOOK_AGAIN_MS);
                status = reader.read();
                gaps = status.gaps().stream().filter(gaps::contains).toList();
                refusals = status.refusals();
            }
            var document = StatusDocument.of(status, gaps);
            var alarms = document.alarms();
            var out = spec.commandLine().getOut();
            if (json) {
                out.println(OperatorJson.write(document));
            } else {
                new StatusPage(out).print(config.application(), status, alarms);
                out.flush();
            }
            return alarms.isEmpty() ? CommandLines.DONE : CommandLines.FAILED;
        }
    }
}
