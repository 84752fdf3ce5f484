package dev.halfrate.processor.cli;

import dev.halfrate.processor.ops.Commands;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What operators can wish of lanes. */
abstract class LaneCommands implements Callable<Integer> {
    /** One of them. */
    static final class Which {
        @Option(names = "--account", paramLabel = "NAME", required = true, description = "All lanes of this account.")
        private @Nullable String account;

        @Option(
                names = "--lane",
                paramLabel = "NAME",
                required = true,
                description = "This lane, by its name in halfrate status, such as main/gpt-4o/v1/chat/completions.")
        private @Nullable String lane;

        Commands.Lanes lanes() {
            return lane == null ? Commands.Lanes.of(String.valueOf(account)) : Commands.Lanes.named(lane);
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

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init")
    private Which which;

    private final String action;
    private final String said;

    /** @param said to people then */
    private LaneCommands(String action, String said) {
        this.action = action;
        this.said = said;
    }

    abstract void send(Commands commands, Commands.Wish wish, Commands.Lanes lanes);

    @Override
    public Integer call() throws InterruptedException {
        try (var commands = Commands.open(configuration.load())) {
            var wish = Operator.wish();
            var lanes = which.lanes();
            send(commands, wish, lanes);
            json.print(
                    spec.commandLine().getOut(),
                    Asked.ofLanes(action, wish, lanes.lane().isEmpty() ? lanes.account() : "", lanes.lane()),
                    said);
            return CommandLines.DONE;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** `pause`. */
    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            description = {
                "Seal no more batches of a lane, or of an account, until it is resumed.",
                "",
                "Requests go on to be taken in, and wait; their lives (requests.ttl) go on as well. What is sealed or under way"
                        + " at the vendor goes on."
            },
            footer = {
                "",
                "Examples:",
                "  halfrate pause --config halfrate.yaml --account openai",
                "  halfrate pause --config halfrate.yaml --lane openai/gpt-4o/v1/chat/completions",
                "",
                CommandLines.EXIT_CODES_ASKED
            })
    static final class Pause extends LaneCommands {
        Pause() {
            super(
                    "pause",
                    "paused, as soon as its owner reads it; halfrate status shows it, halfrate resume undoes it");
        }

        @Override
        void send(Commands commands, Commands.Wish wish, Commands.Lanes lanes) {
            commands.pause(wish, lanes);
        }
    }

    /** `resume`. */
    @Command(
            name = "resume",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            description = "Let a lane or an account that was paused go on.",
            footer = {
                "",
                "Examples:",
                "  halfrate resume --config halfrate.yaml --account openai",
                "",
                "A lane goes on only if neither it nor its account is paused.",
                "",
                CommandLines.EXIT_CODES_ASKED
            })
    static final class Resume extends LaneCommands {
        Resume() {
            super("resume", "resumed, as soon as its owner reads it; halfrate status shows what is still paused");
        }

        @Override
        void send(Commands commands, Commands.Wish wish, Commands.Lanes lanes) {
            commands.resume(wish, lanes);
        }
    }

    /** `flush`. */
    @Command(
            name = "flush",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            description = {
                "Seal what waits in a lane, or in an account's lanes, now.",
                "",
                "Not what waits because it failed, nor what has no room: batches in flight, enqueued tokens, budgets and pauses hold"
                        + " as always."
            },
            footer = {
                "",
                "Examples:",
                "  halfrate flush --config halfrate.yaml --lane openai/gpt-4o/v1/chat/completions",
                "",
                CommandLines.EXIT_CODES_ASKED
            })
    static final class Flush extends LaneCommands {
        Flush() {
            super("flush", "what waits is sealed as soon as its owner reads it");
        }

        @Override
        void send(Commands commands, Commands.Wish wish, Commands.Lanes lanes) {
            commands.flush(wish, lanes);
        }
    }
}
