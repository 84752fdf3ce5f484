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

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init")
    private Which which;

    /** @return what to say then */
    abstract String send(Commands commands, Commands.Lanes lanes);

    @Override
    public Integer call() throws InterruptedException {
        try (var commands = Commands.open(configuration.load())) {
            spec.commandLine().getOut().println(send(commands, which.lanes()));
            spec.commandLine().getOut().flush();
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
                "Exit codes: 0 asked for, 1 failed, 2 wrong usage or configuration."
            })
    static final class Pause extends LaneCommands {
        @Override
        String send(Commands commands, Commands.Lanes lanes) {
            commands.pause(Operator.wish(), lanes);
            return "paused, as soon as its owner reads it; halfrate status shows it, halfrate resume undoes it";
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
                "Exit codes: 0 asked for, 1 failed, 2 wrong usage or configuration."
            })
    static final class Resume extends LaneCommands {
        @Override
        String send(Commands commands, Commands.Lanes lanes) {
            commands.resume(Operator.wish(), lanes);
            return "resumed, as soon as its owner reads it; halfrate status shows what is still paused";
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
                "Exit codes: 0 asked for, 1 failed, 2 wrong usage or configuration."
            })
    static final class Flush extends LaneCommands {
        @Override
        String send(Commands commands, Commands.Lanes lanes) {
            commands.flush(Operator.wish(), lanes);
            return "what waits is sealed as soon as its owner reads it";
        }
    }
}
