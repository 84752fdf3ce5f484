package dev.halfrate.processor.cli;

import dev.halfrate.processor.ops.Cancels;
import dev.halfrate.processor.ops.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** `cancel`: requests that nobody wants any more. */
@Command(
        name = "cancel",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Cancel requests by their custom_ids, or all requests of a batch.",
            "",
            "Each that has not ended gets the result `cancelled` at once. What has not been sent to the vendor is not; what has"
                    + " been may be executed and paid for all the same, and its answer is not published. Of a request that has ended,"
                    + " or that nobody sent, nothing happens."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate cancel --config halfrate.yaml review-4711 review-4712",
            "  halfrate cancel --config halfrate.yaml --file ids.txt",
            "  halfrate cancel --config halfrate.yaml --batch b-0abc-9-0-0",
            "",
            CommandLines.EXIT_CODES_ASKED
        })
final class CancelCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption configuration;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private JsonOption json;

    @Option(
            names = "--topic",
            paramLabel = "TOPIC",
            description = "The requests topic that they were sent to (default: the first of topics.requests).")
    private @Nullable String topic;

    @Option(
            names = "--account",
            paramLabel = "NAME",
            defaultValue = "",
            description = "Only in this account's pool (default: in those of all accounts that take the topic).")
    private String account = "";

    @Option(names = "--file", paramLabel = "FILE", description = "A file of custom_ids, one a line.")
    private @Nullable Path file;

    @Option(
            names = "--batch",
            paramLabel = "BATCH",
            description = "All requests of this batch that have not ended, and the batch at the vendor.")
    private @Nullable String batch;

    @Parameters(paramLabel = "ID", arity = "0..*", description = "custom_ids.")
    private List<String> ids = List.of();

    @Override
    public Integer call() throws InterruptedException {
        if (batch != null) {
            return cancelBatch(batch);
        }
        var all = new LinkedHashSet<>(ids);
        if (file != null) {
            try (var lines = Files.lines(file)) {
                lines.filter(line -> !line.isBlank()).forEach(all::add);
            } catch (IOException e) {
                throw new ParameterException(spec.commandLine(), "%s cannot be read: %s".formatted(file, e), e);
            }
        }
        if (all.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "no custom_id is given: name some, a --file of them, or a --batch");
        }
        var config = configuration.load();
        var to = topic == null ? config.topics().requests().getFirst() : topic;
        if (!config.topics().requests().contains(to)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--topic must be one of topics.requests: "
                            + String.join(", ", config.topics().requests()));
        }
        try (var cancels = Cancels.open(config)) {
            cancels.send(to, account, all);
        }
        json.print(
                spec.commandLine().getOut(),
                Asked.ofRequests(to, account, all.size()),
                "%d %s to be cancelled; %s says what became of each"
                        .formatted(
                                all.size(),
                                all.size() == 1 ? "request is" : "requests are",
                                config.topics().results()));
        return CommandLines.DONE;
    }

    private int cancelBatch(String batchId) throws InterruptedException {
        if (!ids.isEmpty() || file != null || topic != null || !account.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--batch goes without any other");
        }
        try (var commands = Commands.open(configuration.load())) {
            var wish = Operator.wish();
            commands.cancelBatch(wish, batchId);
            json.print(
                    spec.commandLine().getOut(),
                    Asked.ofBatch("cancel", wish, batchId, null),
                    "asked for; halfrate batches %s says what came of it".formatted(batchId));
        }
        return CommandLines.DONE;
    }
}
