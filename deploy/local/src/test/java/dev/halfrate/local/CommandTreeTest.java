package dev.halfrate.local;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;

/** What all commands have in common, whoever adds one; and docs/cli.md, which is made of them. */
class CommandTreeTest {
    private static final Path DOCUMENT = Path.of("../../docs/cli.md");
    private static final Path MADE = Path.of("target/cli.md");
    private static final int WIDTH = 100;

    /** Commands without --json, and why. */
    private static final Map<String, String> WITHOUT_JSON = Map.of(
            "halfrate run", "it writes a log, and has no result",
            "halfrate demo", "it is for eyes; produce, results and report are for programs",
            "halfrate example", "it is for eyes",
            "halfrate local", "it stays up",
            "halfrate simulator", "it stays up",
            "halfrate completion", "it prints a script",
            "halfrate dlq show", "it prints a record byte for byte");

    /** Those that do something themselves. */
    static Stream<CommandLine> commands() {
        return all(LocalMain.commandLine())
                .filter(command -> command.getSubcommands().isEmpty())
                .filter(command -> !command.getCommandName().equals("help"));
    }

    private static Stream<CommandLine> all(CommandLine command) {
        return Stream.concat(
                Stream.of(command),
                command.getSubcommands().values().stream().distinct().flatMap(CommandTreeTest::all));
    }

    private static String name(CommandLine command) {
        return command.getCommandSpec().qualifiedName();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandSaysWhatItIsForWithExamplesAndExitCodes(CommandLine command) {
        var usage = command.getCommandSpec().usageMessage();
        assertThat(usage.description()).as(name(command)).isNotEmpty();
        assertThat(String.join("\n", usage.footer()))
                .as(name(command))
                .contains("Examples:\n  ", name(command), "Exit codes: ");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyOptionIsDescribed(CommandLine command) {
        assertThat(command.getCommandSpec().args())
                .as(name(command))
                .extracting(ArgSpec::description)
                .allSatisfy(
                        description -> assertThat(String.join("", description)).isNotBlank());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandSpeaksToProgramsOrSaysWhyNot(CommandLine command) {
        var speaks = command.getCommandSpec().findOption("--json") != null;

        assertThat(speaks).as(name(command)).isNotEqualTo(WITHOUT_JSON.containsKey(name(command)));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandHasItsHelp(CommandLine command) {
        var out = new StringWriter();
        var words = new ArrayList<>(Arrays.asList(name(command).split(" ")));
        words.removeFirst();
        words.add("--help");

        var exitCode =
                LocalMain.commandLine().setOut(new PrintWriter(out, true)).execute(words.toArray(String[]::new));

        assertThat(exitCode).isZero();
        assertThat(out.toString()).startsWith("Usage: " + name(command));
    }

    @Test
    void theCompletionScriptKnowsEveryCommandAndOption() {
        var out = new StringWriter();
        LocalMain.commandLine().setOut(new PrintWriter(out, true)).execute("completion");

        assertThat(out.toString())
                .contains(commands().map(CommandLine::getCommandName).toList())
                .contains(commands()
                        .flatMap(command -> command.getCommandSpec().options().stream())
                        .map(option -> "'" + option.longestName() + "'")
                        .distinct()
                        .toList());
    }

    @Test
    void theDocumentIsMadeOfTheCommands() throws IOException {
        var made = document();
        Files.createDirectories(MADE.getParent());
        Files.writeString(MADE, made);

        assertThat(DOCUMENT)
                .as("docs/cli.md; copy deploy/local/target/cli.md there")
                .hasContent(made);
    }

    private static String document() {
        return Stream.concat(Stream.of(INTRODUCTION), commands().map(CommandTreeTest::section))
                .collect(joining("\n"));
    }

    private static final String INTRODUCTION = """
            # Command line

            Every command has its own help with examples: `halfrate help COMMAND`. `source <(halfrate completion)` completes commands and options
            with the tab key, in bash and zsh.

            Standard output has what was asked for: words and tables, or with `--json` one JSON document (a line for each where there may be
            many), names in snake_case. Notes, progress and logs go to standard error; on a terminal, long work has a bar there.

            | exit code | meaning |
            |---|---|
            | 0 | done |
            | 1 | failed, or what was looked at is not as it should be; the help says what counts |
            | 2 | wrong usage or configuration |
            | 130 | stopped by Ctrl-C, 143 by SIGTERM |

            What is below is made of the commands themselves.
            """;

    private static String section(CommandLine command) {
        var usage = command.getCommandSpec().usageMessage();
        return """
                ## `%s`

                %s

                ```
                %s
                ```
                %s
                """.formatted(
                        name(command).substring("halfrate ".length()),
                        paragraphs(usage.description()),
                        synopsis(command).indent(0).strip(),
                        exitCodes(usage.footer())).stripTrailing()
                + "\n";
    }

    private static String paragraphs(String[] lines) {
        return String.join("\n", lines);
    }

    private static String synopsis(CommandLine command) {
        command.getCommandSpec().usageMessage().autoWidth(false).width(WIDTH);
        var help = new Help(command.getCommandSpec(), Help.defaultColorScheme(Ansi.OFF));
        return help.synopsis(0);
    }

    private static String exitCodes(String[] footer) {
        return List.of(footer).stream()
                .filter(line -> line.startsWith("Exit codes: "))
                .map(line -> "\n" + line)
                .collect(joining());
    }
}
