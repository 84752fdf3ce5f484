package dev.halfrate.local;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What Prometheus would have after one scrape of all processes.
 *
 * @param series values by name and labels, those of the scraper among them
 */
record Scrape(Map<String, Double> series) {
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z0-9_:]+)(?:\\{(.*)\\})? (\\S+)");
    private static final String JOB = "job=\"halfrate\",instance=\"%s\"";

    static Scrape of(String instance, String exposition) {
        var series = new HashMap<String, Double>();
        exposition.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            var sample = SAMPLE.matcher(line);
            if (!sample.matches()) {
                throw new AssertionError(line);
            }
            var value = Double.parseDouble(sample.group(3));
            if (!Double.isNaN(value)) {
                var labels =
                        sample.group(2) == null ? "" : "," + sample.group(2).replaceFirst(",$", "");
                series.put("%s{%s%s}".formatted(sample.group(1), JOB.formatted(instance), labels), value);
            }
        });
        series.put("up{%s}".formatted(JOB.formatted(instance)), 1.0);
        return new Scrape(series);
    }

    /** Nobody answers there. */
    static Scrape failed(String instance) {
        return new Scrape(Map.of("up{%s}".formatted(JOB.formatted(instance)), 0.0));
    }

    /** Of several processes, or exporters. */
    Scrape and(Scrape other) {
        var all = new TreeMap<>(series);
        all.putAll(other.series);
        return new Scrape(all);
    }

    /** @return the sum of all that have the name and these labels */
    double sum(String name, String... labels) {
        return series.entrySet().stream()
                .filter(each -> each.getKey().startsWith(name + "{"))
                .filter(each -> Pattern.compile("[{},]")
                        .splitAsStream(each.getKey())
                        .toList()
                        .containsAll(List.of(labels)))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    /** What a failed test is about. */
    @Override
    public String toString() {
        return series.entrySet().stream()
                .filter(each -> each.getKey().startsWith("halfrate_") && each.getValue() != 0)
                .map(Object::toString)
                .sorted()
                .collect(Collectors.joining("\n"));
    }
}
