package dev.halfrate.processor.money;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Sums of what batches cost. */
public final class Report {
    private Report() {}

    /** What is summed apart. */
    public enum By {
        ACCOUNT,
        MODEL,
        LANE,
        DAY,
        TAG
    }

    /**
     * A sum.
     *
     * @param keys what it is of, in the order that was asked for; the label of what bears none is empty
     * @param batches that have a part in it
     * @param exposedLines that were perhaps, or surely, bought on top; nobody knows their labels
     * @param exposure what those cost, at the mean of their batch
     */
    public record Row(List<String> keys, long batches, Spend spend, long exposedLines, Usd exposure) {
        private Row plus(Row other) {
            return new Row(
                    keys,
                    batches + other.batches,
                    spend.plus(other.spend),
                    exposedLines + other.exposedLines,
                    exposure.plus(other.exposure));
        }
    }

    /** @return a row for each combination of what is asked for, by day from the first one on, else the dearest first */
    public static List<Row> of(Collection<BatchSpend> batches, List<By> by) {
        var rows = new HashMap<List<String>, Row>();
        for (var batch : batches) {
            for (var part : parts(batch, by).entrySet()) {
                var keys =
                        by.stream().map(key -> key(batch, part.getKey(), key)).toList();
                var spend = part.getValue();
                var row = new Row(
                        keys,
                        1,
                        spend,
                        part.getKey().isEmpty() ? batch.exposedLines() : 0,
                        part.getKey().isEmpty() ? batch.exposure() : Usd.ZERO);
                rows.merge(keys, row, Row::plus);
            }
        }
        var byDay = by.indexOf(By.DAY);
        Comparator<Row> dearest =
                Comparator.comparing((Row row) -> row.spend().cost().paid()).reversed();
        Comparator<Row> order = byDay < 0
                ? dearest
                : Comparator.comparing((Row row) -> row.keys().get(byDay)).thenComparing(dearest);
        return rows.values().stream()
                .sorted(order.thenComparing(row -> String.join("\0", row.keys())))
                .toList();
    }

    /** @return the sum of all; its keys are empty */
    public static Row total(Collection<BatchSpend> batches) {
        return of(batches, List.of()).stream().findFirst().orElse(new Row(List.of(), 0, Spend.NONE, 0, Usd.ZERO));
    }

    /** By label, where that is asked for. */
    private static Map<String, Spend> parts(BatchSpend batch, List<By> by) {
        if (!by.contains(By.TAG) || batch.byTag().isEmpty()) {
            return Map.of("", batch.spend());
        }
        var parts = new HashMap<>(batch.byTag());
        var labelled = parts.values().stream().reduce(Spend.NONE, Spend::plus);
        var rest = batch.spend().minus(labelled);
        if (rest.answers() > 0 || batch.exposedLines() > 0) {
            parts.put("", rest);
        }
        return parts;
    }

    private static String key(BatchSpend batch, String tag, By by) {
        return switch (by) {
            case ACCOUNT -> batch.account();
            case MODEL -> batch.model();
            case LANE -> batch.lane();
            case DAY -> batch.day().toString();
            case TAG -> tag;
        };
    }
}
