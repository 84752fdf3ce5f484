package dev.halfrate.processor.topology;

import dev.halfrate.processor.money.Budget;
import dev.halfrate.processor.money.Pricing;
import java.util.List;

/**
 * What lanes may spend.
 *
 * @param outputTokensMax that are taken for requests that set no limit
 */
public record BudgetRules(List<Budget> budgets, Pricing pricing, int outputTokensMax) {
    /** Any sum. */
    public static final BudgetRules NONE = new BudgetRules(List.of(), Pricing.NONE, 0);

    public BudgetRules {
        budgets = List.copyOf(budgets);
    }
}
