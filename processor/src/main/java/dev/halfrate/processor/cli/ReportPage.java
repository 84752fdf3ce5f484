package dev.halfrate.processor.cli;

import dev.halfrate.processor.money.Report;
import dev.halfrate.processor.money.Report.By;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.processor.ops.OperatorJson;
import dev.halfrate.processor.ops.ReportDocument;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A report as a table for people, as CSV, or as JSON with the same names. */
final class ReportPage {
    private static final int DECIMALS = 4;

    private final PrintWriter out;
    private final List<By> by;

    ReportPage(PrintWriter out, List<By> by) {
        this.out = out;
        this.by = by;
    }

    void table(List<Report.Row> rows, Report.Row total) {
        var lines = new ArrayList<List<String>>();
        var head = new ArrayList<>(by.stream().map(Enum::name).toList());
        head.addAll(
                List.of("ANSWERS", "INPUT TOKENS", "CACHED", "OUTPUT TOKENS", "PAID", "AT ONCE", "SAVED", "BY CACHES"));
        lines.add(head);
        rows.forEach(row -> lines.add(line(row.keys(), row)));
        if (!by.isEmpty()) {
            var keys = new ArrayList<>(by.stream().map(_ -> "").toList());
            keys.set(0, "all");
            lines.add(line(keys, total));
        }
        print(lines);
        notes(total);
    }

    private void print(List<List<String>> lines) {
        for (var line : lines) {
            var text = new StringBuilder();
            for (var column = 0; column < line.size(); column++) {
                var place = column;
                var width = lines.stream()
                        .mapToInt(other -> other.get(place).length())
                        .max()
                        .orElse(1);
                var form = column < by.size() ? "%-" + Math.max(1, width) + "s  " : "%" + width + "s  ";
                text.append(form.formatted(line.get(column)));
            }
            out.println(text.toString().stripTrailing());
        }
    }

    private static List<String> line(List<String> keys, Report.Row row) {
        var spend = row.spend();
        var usage = spend.usage();
        var cost = spend.cost();
        var line = new ArrayList<String>();
        keys.forEach(key -> line.add(key.isEmpty() ? "-" : key));
        line.add(number(spend.answers()));
        line.add(number(usage.inputTokens()));
        line.add(percent(BigDecimal.valueOf(usage.cachedInputTokens()), BigDecimal.valueOf(usage.inputTokens())));
        line.add(number(usage.outputTokens()));
        line.add((spend.unpricedTokens() > 0 ? "*" : "") + dollars(cost.paid()));
        line.add(dollars(cost.synchronous()));
        line.add(percent(cost.saving().dollars(), cost.synchronous().dollars()));
        line.add(dollars(cost.cacheSaving()));
        return line;
    }

    private void notes(Report.Row total) {
        out.println();
        var spend = total.spend();
        if (spend.unpricedTokens() > 0) {
            out.printf(
                    Locale.ROOT,
                    "* %,d tokens are of models that have no price: they are in no sum of dollars. Name a table that has it (money.prices).%n",
                    spend.unpricedTokens());
        }
        if (total.exposedLines() > 0) {
            out.printf(
                    Locale.ROOT,
                    "%,d lines were or may have been paid for besides, about %s at their batches' mean; see status.%n",
                    total.exposedLines(),
                    dollars(total.exposure()));
        }
        if (spend.cost().cacheSaving().compareTo(Usd.ZERO) < 0) {
            out.println(
                    "Writing to caches has cost more than reading from them saved: marking prompts does not pay here.");
        }
        out.println("What the ledger still holds: batches are forgotten some weeks after they have settled.");
    }

    void csv(List<Report.Row> rows) {
        var keys = by.stream()
                .map(key -> key.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(ArrayList::new));
        keys.addAll(ReportDocument.figures(Report.total(List.of())).keySet());
        out.println(String.join(",", keys));
        for (var row : rows) {
            var cells =
                    new ArrayList<>(row.keys().stream().map(ReportPage::quoted).toList());
            ReportDocument.figures(row).values().forEach(value -> cells.add(text(value)));
            out.println(String.join(",", cells));
        }
    }

    void json(List<Report.Row> rows, Report.Row total) {
        out.println(OperatorJson.write(ReportDocument.of(rows, total, by)));
    }

    private static String text(Object value) {
        return value instanceof BigDecimal amount ? amount.toPlainString() : value.toString();
    }

    /** As RFC 4180 has it; and no text becomes a formula of whoever opens it. */
    private static String quoted(String text) {
        var safe = text.matches("[=+@-].*") ? "'" + text : text;
        return safe.matches("[\\w./:()-]*") ? safe : '"' + safe.replace("\"", "\"\"") + '"';
    }

    private static String number(long value) {
        return "%,d".formatted(value);
    }

    private static String percent(BigDecimal part, BigDecimal whole) {
        return whole.signum() == 0
                ? "-"
                : part.multiply(BigDecimal.valueOf(100)).divide(whole, 1, RoundingMode.HALF_UP) + "%";
    }

    private static String dollars(Usd usd) {
        return "$%,.4f".formatted(usd.dollars().setScale(DECIMALS, RoundingMode.HALF_UP));
    }
}
