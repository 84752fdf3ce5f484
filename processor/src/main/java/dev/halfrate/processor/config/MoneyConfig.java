package dev.halfrate.processor.config;

/**
 * What tokens cost.
 *
 * @param prices path of a table of prices, empty for the one that comes along
 */
public record MoneyConfig(String prices) {
    public static final MoneyConfig DEFAULT = new MoneyConfig("");
}
