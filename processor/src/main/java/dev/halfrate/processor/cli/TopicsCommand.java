package dev.halfrate.processor.cli;

import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.ops.OperatorJson;
import dev.halfrate.processor.ops.Right.Part;
import dev.halfrate.processor.ops.TopicPlan;
import dev.halfrate.processor.ops.TopicReport;
import dev.halfrate.processor.ops.TopicSetup;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** `topics`: what topics are wanted, what there is, and how to get from here to there. */
@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Show the topics that a start wants, what there is of them, and where it differs.",
            "",
            "Changes nothing without --create. With it, what is missing is made as a start would make it, so that somebody"
                    + " with the rights can do it once, and the service runs with topics.create: false. A topic that exists is"
                    + " never changed. Kafka Streams makes its changelogs itself."
        },
        footer = {
            "",
            "Examples:",
            "  halfrate topics -c halfrate.yaml",
            "  halfrate topics -c administrator.yaml --create",
            "  halfrate topics -c halfrate.yaml --script --principal User:svc > topics.sh",
            "  halfrate topics -c halfrate.yaml --script --principal reader=User:web",
            "",
            "Exit codes: 0 a start would find or make all that it wants, 1 it would not, or"
                    + " no answer, 2 wrong usage or configuration."
        })
final class TopicsCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption configuration;

    /** What is done besides looking. */
    static final class Way {
        @Option(names = "--create", description = "Make what is missing, whatever topics.create says.")
        private boolean create;

        @Option(
                names = "--script",
                description =
                        "Print lines of kafka-topics.sh and kafka-acls.sh that make all of it; Kafka is not asked.")
        private boolean script;
    }

    @ArgGroup
    @SuppressWarnings("NullAway.Init")
    private Way way = new Way();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(
            names = "--principal",
            paramLabel = "[PART=]NAME",
            description = {
                "With --script: whom to give the rights of a part, such as User:halfrate. May be repeated.",
                "Parts are halfrate (if none is named), producer, reader and operator."
            })
    private List<String> principals = List.of();

    @Override
    public Integer call() throws InterruptedException {
        Quiet.keep(spec);
        if (!principals.isEmpty() && !way.script) {
            throw new ParameterException(spec.commandLine(), "--principal is for --script");
        }
        if (json && way.script) {
            throw new ParameterException(
                    spec.commandLine(), "--json is not for --script, which prints lines for a shell");
        }
        var config = configuration.load();
        var out = spec.commandLine().getOut();
        if (way.script) {
            new TopicScript(config).lines(principals(principals)).forEach(out::println);
            out.flush();
            return CommandLines.DONE;
        }
        if (way.create) {
            create(config);
        }
        var report = TopicReport.of(config, TopicSetup.survey(config));
        if (json) {
            out.println(OperatorJson.write(report));
        } else {
            new TopicsPage(out, config).print(report);
        }
        out.flush();
        return report.fit() ? CommandLines.DONE : CommandLines.FAILED;
    }

    private void create(HalfrateConfig config) throws InterruptedException {
        var made = TopicSetup.createMissing(config);
        spec.commandLine()
                .getErr()
                .println(
                        made.isEmpty()
                                ? "halfrate: nothing was missing"
                                : "halfrate: made "
                                        + made.stream().map(TopicPlan::name).collect(Collectors.joining(", ")));
    }

    /** A name may have an equals sign in it, as those of certificates have. */
    static Map<Part, String> principals(List<String> words) {
        var principals = new EnumMap<Part, String>(Part.class);
        for (var word : words) {
            var named = Stream.of(Part.values())
                    .filter(part -> word.startsWith(part.word() + "="))
                    .findFirst();
            var name =
                    word.substring(named.map(part -> part.word().length() + 1).orElse(0));
            principals.put(named.orElse(Part.HALFRATE), name.matches("[A-Za-z]+:.*") ? name : "User:" + name);
        }
        return principals;
    }
}
