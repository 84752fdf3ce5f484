package dev.halfrate.processor.cli;

import dev.halfrate.processor.ops.Commands;
import dev.halfrate.processor.ops.Commands.Resolution;
import dev.halfrate.processor.ops.StatusReader;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** `resolve`: what is to be done about a batch on hold. */
@Command(
        name = "resolve",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Say what is to be done about a batch on hold.",
            "",
            "A batch is on hold when nobody can prove whether the vendor has made it, or what it brought. Search the vendor's"
                    + " console for the metadata halfrate_batch first. To give its requests up instead: halfrate cancel --batch."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate resolve -c halfrate.yaml b-0abc-9-0-0 --look             look for it once more, now",
            "  halfrate resolve -c halfrate.yaml b-0abc-9-0-0 --found batch_123  it is this one; its lines have to prove it",
            "  halfrate resolve -c halfrate.yaml b-0abc-9-0-0 --again            it is not there: buy what is open, perhaps once more",
            "",
            "Exit codes: 0 asked for, 1 it is not on hold or no answer, 2 wrong usage or configuration."
        })
final class ResolveCommand implements Callable<Integer> {
    /** One of them. */
    static final class How {
        @Option(names = "--look", required = true, description = "Look for it, or at it, once more.")
        private boolean look;

        @Option(
                names = "--found",
                paramLabel = "REMOTE_ID",
                required = true,
                description = "This remote batch of the vendor's is to be taken for it.")
        private @Nullable String found;

        @Option(
                names = "--again",
                required = true,
                description = "There is no remote batch of it that could still bring anything. What is open is bought,"
                        + " perhaps for the second time; it counts as exposure.")
        private boolean again;

        Resolution resolution() {
            if (look) {
                return Resolution.LOOK;
            }
            return again ? Resolution.AGAIN : Resolution.FOUND;
        }
    }

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption configuration;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private JsonOption json;

    @Parameters(paramLabel = "BATCH", description = "Its id, as halfrate status shows it.")
    private String batchId = "";

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init")
    private How how;

    @Override
    public Integer call() throws InterruptedException {
        var config = configuration.load();
        int attempt;
        try (var reader = StatusReader.open(config)) {
            attempt = reader.read().ledger().holds().stream()
                    .filter(hold -> hold.batchId().equals(batchId))
                    .findFirst()
                    .orElseThrow(() -> new CommandException(
                            "batch %s is not on hold; halfrate status shows those that are".formatted(batchId)))
                    .attempt();
        }
        try (var commands = Commands.open(config)) {
            var wish = Operator.wish();
            commands.resolve(wish, batchId, attempt, how.resolution(), how.found == null ? "" : how.found);
            json.print(
                    spec.commandLine().getOut(),
                    Asked.ofBatch(
                            "resolve", wish, batchId, how.resolution().name().toLowerCase(Locale.ROOT)),
                    "asked for; halfrate batches %s shows what came of it".formatted(batchId));
        }
        return CommandLines.DONE;
    }
}
