package dev.halfrate.processor;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/metrics.md has every meter that the code defines, under the name that Prometheus gets, and no meter more. */
class MetricsDocumentTest {
    private static final Pattern DEFINED = Pattern.compile("\"(halfrate\\.[a-z_.]+)\"");
    private static final Pattern ROW =
            Pattern.compile("\\| `(halfrate\\.[a-z_.]+)` \\| `([a-z_]+)` \\| (counter|gauge|summary) \\| .*");

    private record Documented(String prometheus, String kind) {}

    @Test
    void everyMeterIsDocumented() throws IOException {
        assertThat(documented().keySet()).containsExactlyInAnyOrderElementsOf(defined());
    }

    @Test
    void namesAreThoseThatPrometheusGets() throws IOException {
        var naming = new PrometheusNamingConvention();
        documented().forEach((name, meter) -> {
            var type = switch (meter.kind()) {
                case "counter" -> Meter.Type.COUNTER;
                case "gauge" -> Meter.Type.GAUGE;
                default -> Meter.Type.DISTRIBUTION_SUMMARY;
            };
            var unit = meter.prometheus().endsWith("_seconds") ? "seconds" : null;
            var suffix = type == Meter.Type.COUNTER ? "_total" : "";
            assertThat(naming.name(name, type, unit).replaceFirst("_total$", "") + suffix)
                    .isEqualTo(meter.prometheus());
        });
    }

    private static Map<String, Documented> documented() throws IOException {
        var meters = new HashMap<String, Documented>();
        for (var line : Files.readAllLines(Path.of("../docs/metrics.md"))) {
            var row = ROW.matcher(line);
            if (row.matches()) {
                assertThat(meters.put(row.group(1), new Documented(row.group(2), row.group(3))))
                        .as(row.group(1))
                        .isNull();
            }
        }
        return meters;
    }

    /** What is written like the name of one is one, but for what else has such names: attributes of spans, and events of JFR. */
    private static Set<String> defined() throws IOException {
        var names = new TreeSet<String>();
        try (var files = Files.walk(Path.of("src/main/java"))) {
            files.filter(file -> file.toString().endsWith(".java")
                            && !file.toString().matches(".*/(tracing/(Request|Batch)Spans|flight/\\w+)\\.java"))
                    .forEach(file -> {
                        var text = read(file).toLowerCase(Locale.ROOT);
                        DEFINED.matcher(text).results().forEach(name -> names.add(name.group(1)));
                    });
        }
        return names;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
