package dev.halfrate.processor.ops;

import dev.halfrate.processor.money.BatchSpend;
import dev.halfrate.processor.money.Report;
import dev.halfrate.processor.money.Report.By;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A report by names.
 *
 * @param rows each with what it is of, and {@link #figures}
 * @param total figures of all
 */
public record ReportDocument(List<Map<String, Object>> rows, Map<String, Object> total) {
    public static ReportDocument of(Collection<BatchSpend> batches, List<By> by) {
        return of(Report.of(batches, by), Report.total(batches), by);
    }

    public static ReportDocument of(List<Report.Row> rows, Report.Row total, List<By> by) {
        return new ReportDocument(rows.stream().map(row -> fields(row, by)).toList(), figures(total));
    }

    private static Map<String, Object> fields(Report.Row row, List<By> by) {
        var fields = new LinkedHashMap<String, Object>();
        for (var column = 0; column < by.size(); column++) {
            fields.put(
                    by.get(column).name().toLowerCase(Locale.ROOT), row.keys().get(column));
        }
        fields.putAll(figures(row));
        return fields;
    }

    /** @return numbers, in the order of their columns */
    public static Map<String, Object> figures(Report.Row row) {
        var spend = row.spend();
        var usage = spend.usage();
        var cost = spend.cost();
        var figures = new LinkedHashMap<String, Object>();
        figures.put("batches", row.batches());
        figures.put("answers", spend.answers());
        figures.put("input_tokens", usage.inputTokens());
        figures.put("cached_input_tokens", usage.cachedInputTokens());
        figures.put("cache_write_tokens", usage.cacheWriteTokens());
        figures.put("output_tokens", usage.outputTokens());
        figures.put("paid_usd", OperatorJson.amount(cost.paid()));
        figures.put("synchronous_usd", OperatorJson.amount(cost.synchronous()));
        figures.put("saved_usd", OperatorJson.amount(cost.saving()));
        figures.put("saved_by_caches_usd", OperatorJson.amount(cost.cacheSaving()));
        figures.put("unpriced_tokens", spend.unpricedTokens());
        figures.put("exposed_lines", row.exposedLines());
        figures.put("exposed_usd", OperatorJson.amount(row.exposure()));
        return figures;
    }
}
