package dev.halfrate.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/**
 * docs/alarms.md has an entry for every alert, and every entry, line of the log and alarm of status was provoked: some test
 * of some module has the tag {@code alarm:} with its name or anchor.
 */
class AlarmsDocumentTest {
    private static final Path ROOT = Path.of("../..");
    private static final Path PAGE = ROOT.resolve("docs/alarms.md");
    private static final Pattern ALERT = Pattern.compile("### (Halfrate\\w+)");
    private static final Pattern ROW = Pattern.compile("\\| <a id=\"([a-z-]+)\"></a>.*");
    private static final Pattern TAG = Pattern.compile("@Tag\\(\"alarm:([A-Za-z-]+)\"\\)");

    @Test
    void everyAlertHasItsEntryAndLeadsToIt() throws IOException {
        var rules = new YAMLMapper()
                .readTree(ROOT.resolve("deploy/monitoring/alerts.yaml").toFile()).findValues("rules").stream()
                        .flatMap(group -> StreamSupport.stream(group.spliterator(), false))
                        .toList();

        assertThat(alerts())
                .containsExactlyElementsOf(
                        rules.stream().map(rule -> rule.path("alert").asText()).toList());
        assertThat(rules)
                .allSatisfy(rule -> assertThat(rule.at("/annotations/runbook").asText())
                        .isEqualToIgnoringCase(
                                "docs/alarms.md#" + rule.path("alert").asText()));
    }

    /** Somebody who was woken looks for the same things in each of them. */
    @Test
    void everyEntrySaysTheSameThings() throws IOException {
        var entries = Files.readString(PAGE).split("\n#+ ");
        assertThat(entries)
                .filteredOn(entry -> entry.startsWith("Halfrate"))
                .isNotEmpty()
                .allSatisfy(entry -> assertThat(entry.lines()
                                .filter(line -> line.startsWith("- **"))
                                .map(line -> line.replaceFirst("- \\*\\*([^*]*)\\*\\*.*", "$1")))
                        .containsExactly("Meaning", "Safe", "Look at", "Do", "Ends"));
    }

    @Test
    void everyRowCanBeLinkedTo() throws IOException {
        var rows = Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| log |") && !line.startsWith("| alarm |"))
                .toList();

        assertThat(rows).isNotEmpty().allMatch(line -> ROW.matcher(line).matches());
        assertThat(anchors()).doesNotHaveDuplicates();
    }

    @Test
    void linksWithinThePageLeadSomewhere() throws IOException {
        var text = Files.readString(PAGE);
        var headings = text.lines()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toCollection(TreeSet::new));
        headings.addAll(anchors());

        assertThat(Pattern.compile("\\]\\(#([a-z-]+)\\)")
                        .matcher(text)
                        .results()
                        .map(link -> link.group(1)))
                .isNotEmpty()
                .isSubsetOf(headings);
    }

    @Test
    void eachWasProvokedAndNothingElse() throws IOException {
        var documented = new TreeSet<>(alerts());
        documented.addAll(anchors());

        assertThat(provoked()).containsExactlyInAnyOrderElementsOf(documented);
    }

    private static List<String> alerts() throws IOException {
        return matches(ALERT);
    }

    private static List<String> anchors() throws IOException {
        return matches(ROW);
    }

    private static List<String> matches(Pattern pattern) throws IOException {
        var found = new ArrayList<String>();
        for (var line : Files.readAllLines(PAGE)) {
            var match = pattern.matcher(line);
            if (match.matches()) {
                found.add(match.group(1));
            }
        }
        return found;
    }

    /** As the tests' sources say it. */
    private static Set<String> provoked() throws IOException {
        var tags = new TreeSet<String>();
        for (var module : List.of("processor", "deploy/local", "deploy/trial", "deploy/simulator")) {
            try (var sources = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
                sources.filter(source -> source.toString().endsWith("Test.java")
                                || source.toString().endsWith("IT.java"))
                        .flatMap(source -> TAG.matcher(read(source)).results())
                        .forEach(tag -> tags.add(tag.group(1)));
            }
        }
        return tags;
    }

    private static String read(Path source) {
        try {
            return Files.readString(source);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
