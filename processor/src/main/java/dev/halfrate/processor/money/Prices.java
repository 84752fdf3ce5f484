package dev.halfrate.processor.money;

import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Prices of models by day. A model that is not in the table has no price: nothing is guessed. */
public final class Prices {
    public static final Prices NONE = new Prices(Map.of());

    /** A model's snapshot costs what the model does, e.g. gpt-4o-2024-08-06 or claude-haiku-4-5-20251001. */
    private static final Pattern SNAPSHOT = Pattern.compile("-(\\d{4}-\\d{2}-\\d{2}|\\d{8}|latest)$");

    private final Map<String, List<Price>> byModel;

    /** @param byModel in any order */
    public Prices(Map<String, List<Price>> byModel) {
        this.byModel = byModel.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey,
                        entry -> entry.getValue().stream()
                                .sorted(Comparator.comparing(Price::since).reversed())
                                .toList()));
    }

    /** @return the price that holds on a day; empty if the model or that time is not in the table */
    public Optional<Price> of(String model, LocalDate day) {
        var exact = byModel.get(model);
        var prices = exact != null
                ? exact
                : byModel.getOrDefault(SNAPSHOT.matcher(model).replaceFirst(""), List.of());
        return prices.stream().filter(price -> !price.since().isAfter(day)).findFirst();
    }

    /** @return the models of the table, in alphabetical order */
    public List<String> models() {
        return byModel.keySet().stream().sorted().toList();
    }
}
