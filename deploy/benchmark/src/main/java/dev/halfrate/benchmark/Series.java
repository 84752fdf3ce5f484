package dev.halfrate.benchmark;

import java.util.List;

/**
 * The same thing measured several times.
 *
 * @param values one per round, at least one
 */
public record Series(List<Double> values) {
    public Series {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("nothing was measured");
        }
        values = List.copyOf(values);
    }

    public static Series of(double value) {
        return new Series(List.of(value));
    }

    public Series times(double factor) {
        return new Series(values.stream().map(value -> value * factor).toList());
    }

    public double median() {
        var sorted = values.stream().sorted().toList();
        var middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    public double min() {
        return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }

    public double max() {
        return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }
}
