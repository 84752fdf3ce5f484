package dev.halfrate.processor.config;

import dev.halfrate.processor.money.Budget;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What tokens cost, and what may be spent.
 *
 * @param prices path of a table of prices, empty for the one that comes along
 * @param tags labels whose requests have lanes of their own, beside those that a budget names
 * @param outputTokensMax what a request that sets no limit is taken to be answered with at most
 * @param budgets with names of their own
 */
public record MoneyConfig(String prices, List<String> tags, int outputTokensMax, List<Budget> budgets) {
    public static final MoneyConfig DEFAULT = new MoneyConfig("", List.of(), 16_384, List.of());

    public MoneyConfig {
        for (var tag : tags) {
            Check.matches("money.tags", tag, "[A-Za-z0-9._-]{1,100}");
        }
        Check.range("money.output-tokens-max", outputTokensMax, 1, 10_000_000);
        var names = new HashSet<String>();
        for (var budget : budgets) {
            Check.matches("money.budgets.name", budget.name(), "[a-z0-9][a-z0-9-]{0,62}");
            Check.that(names.add(budget.name()), "money.budgets.name", "unique", "'" + budget.name() + "' twice");
            Check.that(
                    budget.usd().signum() >= 0
                            && budget.usd().scale() <= 12
                            && budget.usd().compareTo(BigDecimal.valueOf(1_000_000)) <= 0,
                    "money.budgets.usd",
                    "0..1000000",
                    budget.usd().toPlainString());
            if (!budget.tag().isEmpty()) {
                Check.matches("money.budgets.tag", budget.tag(), "[A-Za-z0-9._-]{1,100}");
            }
        }
        tags = List.copyOf(tags);
        budgets = List.copyOf(budgets);
    }

    /** @return labels whose requests have lanes, shares and budgets of their own */
    public Set<String> ownTags() {
        var own = new HashSet<>(tags);
        budgets.stream().map(Budget::tag).filter(tag -> !tag.isEmpty()).forEach(own::add);
        return own;
    }
}
