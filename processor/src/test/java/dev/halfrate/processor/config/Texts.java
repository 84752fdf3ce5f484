package dev.halfrate.processor.config;

/** Parsers of texts that have no door of their own to the outside. */
public final class Texts {
    private Texts() {}

    /** @throws ConfigException saying what to change */
    public static void prices(String yaml) {
        PriceFile.parse("prices.yaml", yaml);
    }
}
