package dev.halfrate.processor.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Replays;
import dev.halfrate.processor.ops.DeadLetters;
import dev.halfrate.processor.ops.DeadLetters.Found;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** `dlq`: what no result could answer. */
@Command(
        name = "dlq",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "List dead letters, show one, or send their records again.",
            "",
            "A dead letter is a record of a requests topic that no result can answer: it has no usable custom_id, or another"
                    + " request with that custom_id was in flight. Or it is an event of a source's topic that is no JSON object, or of"
                    + " which the source's template makes no request."
        },
        subcommands = {DlqCommand.ListLetters.class, DlqCommand.Show.class, DlqCommand.Replay.class},
        footer = {
            "",
            "Examples:",
            "  halfrate dlq list --config halfrate.yaml",
            "  halfrate dlq show --config halfrate.yaml 3:1204 > record.json",
            "  halfrate dlq replay --config halfrate.yaml --reason id_conflict",
            "",
            DlqCommand.EXIT_CODES
        })
final class DlqCommand implements Runnable {
    static final String EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.";

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "one of list, show and replay is needed");
    }

    /** Which letters. */
    static final class Choice {
        @Option(
                names = "--reason",
                split = ",",
                paramLabel = "REASON",
                description =
                        "Only these: decode, empty, not_an_object, custom_id, command, id_conflict, template, schema_unknown, schema_incompatible.")
        private @Nullable List<DeadLetter.Reason> reasons;

        @Option(names = "--topic", paramLabel = "TOPIC", description = "Only records of this topic.")
        private @Nullable String topic;

        boolean takes(DeadLetter letter) {
            return (reasons == null || reasons.contains(letter.reason()))
                    && (topic == null || topic.equals(letter.topic()));
        }
    }

    private static String word(DeadLetter.Reason reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }

    /** A line each, the oldest of each partition first. */
    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Print a line for each dead letter; never the record itself.",
            footer = {
                "",
                "Examples:",
                "  halfrate dlq list --config halfrate.yaml --reason id_conflict",
                "  halfrate dlq list --config halfrate.yaml --json | jq -r .place",
                "",
                DlqCommand.EXIT_CODES
            })
    static final class ListLetters implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init")
        private CommandSpec spec;

        @Mixin
        @SuppressWarnings("NullAway.Init")
        private ConfigOption configuration;

        @Mixin
        @SuppressWarnings("NullAway.Init")
        private Choice choice;

        @Option(
                names = "--limit",
                paramLabel = "N",
                defaultValue = "1000",
                description = "Print at most so many (default: ${DEFAULT-VALUE}).")
        private int limit;

        @Option(names = "--json", description = "Print a JSON object a line.")
        private boolean json;

        private int listed;

        @Override
        public Integer call() throws InterruptedException {
            var out = spec.commandLine().getOut();
            try (var letters = new DeadLetters(configuration.load())) {
                letters.read(found -> {
                    if (choice.takes(found.letter())) {
                        if (listed == limit) {
                            (json ? spec.commandLine().getErr() : out).printf("and more: --limit %d%n", 10L * limit);
                            return false;
                        }
                        out.println(json ? json(found) : line(found));
                        listed++;
                    }
                    return true;
                });
            }
            if (listed == 0 && !json) {
                out.println("no dead letters");
            }
            out.flush();
            return CommandLines.DONE;
        }

        private static String line(Found found) {
            var letter = found.letter();
            return "%-8s %s  %-13s %s-%d at %d%s: %s"
                    .formatted(
                            found.place(),
                            found.at(),
                            word(letter.reason()),
                            letter.topic(),
                            letter.partition(),
                            letter.offset(),
                            letter.replays() == 0 ? "" : ", replayed %d times".formatted(letter.replays()),
                            letter.message());
        }

        private static String json(Found found) {
            var letter = found.letter();
            var fields = new LinkedHashMap<String, Object>();
            fields.put("place", found.place());
            fields.put("at", found.at().toString());
            fields.put("reason", word(letter.reason()));
            fields.put("message", letter.message());
            fields.put("topic", letter.topic());
            fields.put("partition", letter.partition());
            fields.put("offset", letter.offset());
            fields.put("replays", letter.replays());
            try {
                return new ObjectMapper().writeValueAsString(fields);
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("texts and numbers", e);
            }
        }
    }

    /** The record itself. */
    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "Print the record of one dead letter, byte for byte; it may hold a prompt.",
            footer = {
                "",
                "Examples:",
                "  halfrate dlq show --config halfrate.yaml 3:1204 > record.json",
                "",
                DlqCommand.EXIT_CODES
            })
    static final class Show implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init")
        private ConfigOption configuration;

        @Parameters(paramLabel = "PLACE", description = "As list prints it, such as 3:1204.")
        @SuppressWarnings("NullAway.Init")
        private String wanted;

        private byte @Nullable [] value;
        private boolean seen;

        @Override
        public Integer call() throws InterruptedException {
            try (var letters = new DeadLetters(configuration.load())) {
                var found = new ArrayList<Found>(1);
                letters.read(letter -> {
                    if (letter.place().equals(wanted)) {
                        found.add(letter);
                    }
                    return found.isEmpty();
                });
                if (!found.isEmpty()) {
                    seen = true;
                    var letter = found.getFirst().letter();
                    value = letter.value();
                    if (value == null) {
                        letters.source(letter).ifPresent(source -> value = source.value());
                    }
                }
            }
            if (value == null) {
                throw new CommandException(
                        seen
                                ? "the record is neither in the dead letter nor in its topic any more"
                                : "no dead letter is at %s: list shows where they are".formatted(wanted));
            }
            new PrintStream(System.out, true, UTF_8).writeBytes(value);
            return CommandLines.DONE;
        }
    }

    /** Once more. */
    @Command(
            name = "replay",
            mixinStandardHelpOptions = true,
            description = {
                "Send the records of dead letters to their topics again, with their headers.",
                "",
                "A request whose first try was answered meanwhile is absorbed or conflicts again, as any repeated request."
            },
            footer = {
                "",
                "Examples:",
                "  halfrate dlq replay --config halfrate.yaml --reason id_conflict --dry-run",
                "  halfrate dlq replay --config halfrate.yaml 3:1204 3:1207",
                "",
                DlqCommand.EXIT_CODES
            })
    static final class Replay implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init")
        private CommandSpec spec;

        @Mixin
        @SuppressWarnings("NullAway.Init")
        private ConfigOption configuration;

        @Mixin
        @SuppressWarnings("NullAway.Init")
        private Choice choice;

        @Parameters(
                paramLabel = "PLACE",
                arity = "0..*",
                description = "As list prints them; without any, all that --reason and --topic take.")
        private @Nullable List<String> places;

        @Option(
                names = "--replays-max",
                paramLabel = "N",
                defaultValue = "3",
                description = "Leave out what came back so often (default: ${DEFAULT-VALUE}).")
        private int replaysMax;

        @Option(names = "--dry-run", description = "Say what would be sent, and send nothing.")
        private boolean dryRun;

        @Mixin
        @SuppressWarnings("NullAway.Init")
        private JsonOption json;

        /**
         * What --json prints.
         *
         * @param sent records, or those that would be
         * @param gone letters whose records are nowhere any more
         */
        private record Json(boolean dryRun, int sent, int withoutHeaders, int tooOften, int gone) {}

        private int chosen;
        private int sent;
        private int tooOften;
        private int withoutHeaders;
        private int gone;

        @Override
        public Integer call() throws InterruptedException {
            if (places == null && choice.reasons == null && choice.topic == null) {
                throw new ParameterException(
                        spec.commandLine(), "say which: PLACEs, --reason or --topic; --dry-run shows what it would do");
            }
            Set<String> wanted = places == null ? Set.of() : new HashSet<>(places);
            try (var letters = new DeadLetters(configuration.load())) {
                letters.read(found -> {
                    if (places == null ? choice.takes(found.letter()) : wanted.contains(found.place())) {
                        chosen++;
                        replay(letters, found.letter());
                    }
                    return true;
                });
            }
            json.print(
                    spec.commandLine().getOut(),
                    new Json(dryRun, sent, withoutHeaders, tooOften, gone),
                    String.format(
                            Locale.ROOT,
                            "%s %,d (%,d without their headers, which their topics do not have any more);"
                                    + " left out: %,d that came back %d times, %,d whose records are nowhere any more",
                            dryRun ? "would send" : "sent",
                            sent,
                            withoutHeaders,
                            tooOften,
                            replaysMax,
                            gone));
            return chosen < wanted.size() ? CommandLines.FAILED : CommandLines.DONE;
        }

        /** From where it came, for its headers; a letter has none of them. */
        private void replay(DeadLetters letters, DeadLetter letter) throws InterruptedException {
            var source = letters.source(letter);
            var value = source.map(ConsumerRecord::value).orElse(letter.value());
            if (value == null) {
                gone++;
                return;
            }
            var headers =
                    source.map(ConsumerRecord::headers).map(RecordHeaders::new).orElseGet(RecordHeaders::new);
            var replays = Math.max(letter.replays(), Replays.read(headers));
            if (replays >= replaysMax) {
                tooOften++;
                return;
            }
            sent++;
            withoutHeaders += source.isEmpty() ? 1 : 0;
            if (!dryRun) {
                Replays.write(headers, replays + 1);
                letters.send(letter, source.map(ConsumerRecord::key).orElse(letter.key()), value, headers);
            }
        }
    }
}
