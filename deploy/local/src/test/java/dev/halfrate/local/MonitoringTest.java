package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Alerts and the dashboard are about metrics that there are, and lead to pages that there are. */
class MonitoringTest {
    private static final Path MONITORING = Path.of("../monitoring");
    private static final Path ROOT = Path.of("../..");
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final Pattern METRIC = Pattern.compile("\\b(?:halfrate|kafka|jvm)_[a-z0-9_]+");
    private static final Pattern DOCUMENTED = Pattern.compile("`((?:halfrate|kafka|jvm)_[a-z0-9_]+)");

    @TempDir
    Path directory;

    @Test
    void alertsAskForMetricsThatAreDocumented() throws IOException {
        assertThat(metrics(alerts().map(rule -> rule.path("expr").asText()))).isSubsetOf(documented());
    }

    @Test
    void panelsAskForMetricsThatAreDocumented() throws IOException {
        assertThat(metrics(queries())).isSubsetOf(documented());
    }

    /** Each needs somebody, so each says what happened and where it stands what to do. */
    @Test
    void eachAlertSaysHowUrgentItIsAndWhereToReadOn() throws IOException {
        assertThat(alerts()).isNotEmpty().allSatisfy(rule -> {
            assertThat(rule.at("/labels/severity").asText()).isIn("page", "ticket");
            assertThat(rule.at("/annotations/summary").asText()).isNotBlank();
            var runbook = rule.at("/annotations/runbook").asText().split("#", 2);
            var page = ROOT.resolve(runbook[0]);
            assertThat(page).exists();
            if (runbook.length > 1) {
                assertThat(anchors(page)).contains(runbook[1]);
            }
        });
    }

    @Test
    void eachAlertIsTested() throws IOException {
        var tested =
                YAML.readTree(MONITORING.resolve("alerts-test.yaml").toFile()).findValuesAsText("alertname");

        assertThat(alerts().map(rule -> rule.path("alert").asText()))
                .isSubsetOf(tested)
                .doesNotHaveDuplicates();
    }

    /** Grafana itself would show only an empty place for each of these. */
    @Test
    void panelsAreWhole() throws IOException {
        var dashboard = dashboard();
        var ids = new HashSet<Integer>();

        assertThat(dashboard.path("schemaVersion").asInt()).isPositive();
        assertThat(dashboard.path("panels")).isNotEmpty().allSatisfy(panel -> {
            assertThat(ids.add(panel.path("id").asInt())).isTrue();
            assertThat(panel.path("title").asText()).isNotBlank();
            var place = panel.path("gridPos");
            assertThat(place.path("x").asInt() + place.path("w").asInt()).isBetween(1, 24);
            if (!panel.path("type").asText().equals("row")) {
                assertThat(panel.path("type").asText()).isIn("timeseries", "stat", "bargauge");
                assertThat(panel.path("description").asText()).isNotBlank();
                assertThat(panel.path("targets")).isNotEmpty();
                assertThat(panel.path("targets"))
                        .allSatisfy(target -> assertThat(
                                        target.at("/datasource/uid").asText())
                                .isEqualTo("${datasource}"));
                assertThat(panel.path("targets"))
                        .extracting(target -> target.path("refId").asText())
                        .doesNotHaveDuplicates();
            }
        });
    }

    @Test
    void panelsDoNotOverlap() throws IOException {
        var taken = new HashSet<List<Integer>>();

        for (var panel : dashboard().path("panels")) {
            var place = panel.path("gridPos");
            for (var x = place.path("x").asInt();
                    x < place.path("x").asInt() + place.path("w").asInt();
                    x++) {
                for (var y = place.path("y").asInt();
                        y < place.path("y").asInt() + place.path("h").asInt();
                        y++) {
                    assertThat(taken.add(List.of(x, y)))
                            .as(panel.path("title").asText())
                            .isTrue();
                }
            }
        }
    }

    @Test
    @EnabledIf("hasPromtool")
    void prometheusTakesTheRulesAndTheirTestsPass() throws Exception {
        promtool("test", "rules", MONITORING.resolve("alerts-test.yaml").toString());
    }

    @Test
    @EnabledIf("hasPromtool")
    void prometheusTakesTheQueriesOfThePanels() throws Exception {
        var rules = queries()
                .map(query -> Map.of(
                        "record",
                        "x",
                        "expr",
                        query.replace("$__rate_interval", "5m")
                                .replace("$job", ".*")
                                .replace("$instance", ".*")))
                .distinct()
                .toList();
        var file = directory.resolve("queries.yaml");
        YAML.writeValue(file.toFile(), Map.of("groups", List.of(Map.of("name", "panels", "rules", rules))));

        promtool("check", "rules", "--lint=none", file.toString());
    }

    static boolean hasPromtool() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "promtool")));
    }

    private static void promtool(String... arguments) throws Exception {
        var process = new ProcessBuilder(Stream.concat(Stream.of("promtool"), Stream.of(arguments))
                        .toList())
                .redirectErrorStream(true)
                .start();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
    }

    private static Stream<JsonNode> alerts() throws IOException {
        return YAML.readTree(MONITORING.resolve("alerts.yaml").toFile()).findValues("rules").stream()
                .flatMap(rules -> StreamSupport.stream(rules.spliterator(), false));
    }

    private static JsonNode dashboard() throws IOException {
        return YAML.readTree(MONITORING.resolve("dashboard.json").toFile());
    }

    private static Stream<String> queries() throws IOException {
        return dashboard().findValuesAsText("expr").stream();
    }

    private static Set<String> metrics(Stream<String> queries) {
        var metrics = new TreeSet<String>();
        queries.forEach(query -> METRIC.matcher(query).results().forEach(metric -> metrics.add(metric.group())));
        return metrics;
    }

    private static Set<String> documented() throws IOException {
        var metrics = new TreeSet<String>();
        for (var page : List.of("docs/metrics.md", "docs/deployment.md")) {
            DOCUMENTED
                    .matcher(Files.readString(ROOT.resolve(page)))
                    .results()
                    .forEach(metric -> metrics.add(metric.group(1)));
        }
        return metrics;
    }

    private static List<String> anchors(Path page) throws IOException {
        return Files.readAllLines(page).stream()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .toList();
    }
}
