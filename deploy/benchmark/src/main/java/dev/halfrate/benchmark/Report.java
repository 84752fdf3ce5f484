package dev.halfrate.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The table that docs/performance.md shows. */
final class Report {
    private static final String DOCUMENT = "performance.md";
    private static final String BEGIN = "<!-- what follows was written by ./halfrate benchmark -->";
    private static final String END = "<!-- what was written by ./halfrate benchmark ends here -->";

    private final LocalDate day;
    private final String machine;
    private final int rounds;
    private final double scale;
    private final List<Row> rows = new ArrayList<>();

    Report(LocalDate day, String machine, int rounds, double scale) {
        this.day = day;
        this.machine = machine;
        this.rounds = rounds;
        this.scale = scale;
    }

    void add(Row row) {
        rows.add(row);
    }

    boolean isMet() {
        return rows.stream().allMatch(Row::isMet);
    }

    /** @return what it was measured on */
    String on() {
        return "Measured on %s: %s. Medians of %d interleaved rounds%s."
                .formatted(day, machine, rounds, scale == 1 ? "" : ", of %s times the requests".formatted(scale));
    }

    /** @return a row as one line for a terminal */
    static String line(Row row) {
        return "%s: %s; must %s, aim %s: %s".formatted(row.what(), figure(row), must(row), aim(row), verdict(row));
    }

    String table() {
        var head = """
                | measure | figure | must | aim | | ours | baseline | CPU | peak memory |
                |---|---|---|---|---|---|---|---|---|
                """;
        return head + rows.stream().map(Report::tableRow).collect(Collectors.joining("\n"));
    }

    private static String tableRow(Row row) {
        var baseline = row.baseline();
        return "| %s | **%s** | %s | %s | %s | %s | %s | %s | %s |"
                .formatted(
                        row.what(),
                        figure(row),
                        must(row),
                        aim(row),
                        verdict(row),
                        series(row.ours(), row.unit()),
                        baseline == null ? row.against() : row.against() + ": " + series(baseline, row.unit()),
                        row.cost().stream()
                                .filter(cost -> cost.processorSeconds() > 0)
                                .map(cost -> "%s %s s".formatted(cost.of(), number(cost.processorSeconds())))
                                .collect(Collectors.joining(", ")),
                        row.cost().stream()
                                .filter(cost -> cost.peakMegabytes() > 0)
                                .map(cost -> "%s %d MB".formatted(cost.of(), cost.peakMegabytes()))
                                .collect(Collectors.joining(", ")));
    }

    private static String figure(Row row) {
        return row.baseline() == null
                ? "%s %s".formatted(number(row.figure()), row.unit())
                : "%s ×".formatted(number(row.figure()));
    }

    private static String must(Row row) {
        return (row.goal().atLeast() ? "≥ " : "≤ ") + number(row.goal().must());
    }

    private static String aim(Row row) {
        return (row.goal().atLeast() ? "≥ " : "≤ ") + number(row.goal().aim());
    }

    private static String verdict(Row row) {
        if (!row.isMet()) {
            return "**missed**";
        }
        return row.goal().isAimMet(row.figure()) ? "aim met" : "met";
    }

    private static String series(Series series, String unit) {
        return series.values().size() == 1
                ? "%s %s".formatted(number(series.median()), unit)
                : "%s %s (%s–%s)".formatted(number(series.median()), unit, number(series.min()), number(series.max()));
    }

    /** @return with three digits that matter */
    private static String number(double value) {
        if (Math.abs(value) >= 100) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        return String.format(Locale.ROOT, Math.abs(value) >= 10 ? "%.1f" : "%.2f", value);
    }

    /** Puts it between the marks in {@code performance.md}, and a plot for every row with a baseline beside that. */
    void write(Path directory) throws IOException {
        var file = directory.resolve(DOCUMENT);
        var text = Files.readString(file);
        var from = text.indexOf(BEGIN);
        var to = text.indexOf(END);
        if (from < 0 || to < from) {
            throw new IOException("%s lacks the lines that begin and end what is written there".formatted(file));
        }
        var plots = Files.createDirectories(directory.resolve("performance"));
        Files.writeString(plots.resolve("ratios.svg"), Plot.ratios(rows));
        Files.writeString(
                file,
                text.substring(0, from + BEGIN.length()) + "\n\n" + on() + "\n\n" + table()
                        + "\n\n![Each measure against its goal](performance/ratios.svg)\n\n" + text.substring(to));
    }
}
