package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * Asks Prometheus' own tool whether an alert would have fired for what real processes exposed: as before the cause for a while,
 * then as during it for half a day, then as after it.
 */
final class AlertRules {
    private static final Path FILE = Path.of("../monitoring/alerts.yaml");
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final Pattern METRIC = Pattern.compile("\\b(?:(?:halfrate|kafka|jvm)_[a-z0-9_]+|up)\\b");
    private static final Duration BEFORE = Duration.ofMinutes(20);
    private static final Duration PHASE = Duration.ofHours(12);

    private AlertRules() {}

    /** @param labels of the alert that fires, such as {@code account="main"} */
    static void assertFiresAndEnds(
            Path directory, String alert, String labels, Scrape before, Scrape during, Scrape after) throws Exception {
        if (!MonitoringTest.hasPromtool()) {
            System.out.printf("%s: not tried, there is no promtool%n", alert);
            return;
        }
        var rule = rule(alert);
        var metrics = new TreeSet<String>();
        METRIC.matcher(rule.path("expr").asText()).results().forEach(metric -> metrics.add(metric.group()));
        var series = series(metrics, List.of(before, during, after));
        assertThat(series).as("series of %s", metrics).isNotEmpty();

        var firing = "count(ALERTS{alertname=\"%s\",alertstate=\"firing\"%s})"
                .formatted(alert, labels.isEmpty() ? "" : "," + labels);
        var endOfCause = BEFORE.plus(PHASE);
        var rules = directory.resolve(alert + ".yaml");
        YAML.writeValue(rules.toFile(), Map.of("groups", List.of(Map.of("name", "g", "rules", List.of(rule)))));
        var test = directory.resolve(alert + "-test.yaml");
        YAML.writeValue(
                test.toFile(),
                Map.of(
                        "rule_files",
                        List.of(rules.toAbsolutePath().toString()),
                        "evaluation_interval",
                        "1m",
                        "tests",
                        List.of(Map.of(
                                "interval",
                                "1m",
                                "input_series",
                                series,
                                "promql_expr_test",
                                List.of(
                                        query(firing, BEFORE.minusMinutes(1), false),
                                        query(
                                                "max_over_time((%s)[12h:1m]) > bool 0".formatted(firing),
                                                endOfCause.minusMinutes(1),
                                                true),
                                        query(firing, endOfCause.plus(PHASE).minusMinutes(1), false))))));
        promtool(alert, test);
    }

    private static Map<String, Object> query(String expression, Duration at, boolean found) {
        return Map.of(
                "expr",
                expression,
                "eval_time",
                at.toMinutes() + "m",
                "exp_samples",
                found ? List.of(Map.of("labels", "{}", "value", 1)) : List.of());
    }

    private static List<Map<String, String>> series(Set<String> metrics, List<Scrape> phases) {
        var names = new TreeSet<String>();
        phases.forEach(phase -> phase.series().keySet().stream()
                .filter(name -> metrics.contains(name.replaceFirst("\\{.*", "")))
                .forEach(names::add));
        var series = new ArrayList<Map<String, String>>();
        for (var name : names) {
            var values = new StringBuilder();
            for (var phase : phases) {
                var minutes = (phase.equals(phases.getFirst()) ? BEFORE : PHASE).toMinutes();
                var value = phase.series().get(name);
                values.append(value == null ? "_" : value.toString())
                        .append('x')
                        .append(value == null ? minutes : minutes - 1)
                        .append(' ');
            }
            series.add(Map.of("series", name, "values", values.toString().strip()));
        }
        return series;
    }

    private static JsonNode rule(String alert) throws IOException {
        return YAML.readTree(FILE.toFile()).findValues("rules").stream()
                .flatMap(group -> StreamSupport.stream(group.spliterator(), false))
                .filter(rule -> rule.path("alert").asText().equals(alert))
                .findFirst()
                .orElseThrow();
    }

    private static void promtool(String alert, Path test) throws Exception {
        var process = new ProcessBuilder("promtool", "test", "rules", test.toString())
                .redirectErrorStream(true)
                .start();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor())
                .as(alert + ": " + output + Files.readString(test))
                .isZero();
    }
}
