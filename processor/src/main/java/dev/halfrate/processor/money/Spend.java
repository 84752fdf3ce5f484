package dev.halfrate.processor.money;

import java.util.Optional;

/**
 * Answers whose usage the vendor reported, and what was paid for them.
 *
 * @param answers how many
 * @param bytes of their requests as encoded upstream lines
 * @param cost of the tokens that have a price
 * @param unpricedTokens of models that have none
 */
public record Spend(int answers, long bytes, Usage usage, Cost cost, long unpricedTokens) {
    public static final Spend NONE = new Spend(0, 0, Usage.NONE, Cost.NONE, 0);

    /** Of one answer. */
    public static Spend of(long bytes, Usage usage, Optional<Cost> cost) {
        return new Spend(
                1,
                bytes,
                usage,
                cost.orElse(Cost.NONE),
                cost.isPresent() ? 0 : usage.inputTokens() + usage.outputTokens());
    }

    public Spend plus(Spend other) {
        return new Spend(
                answers + other.answers,
                bytes + other.bytes,
                usage.plus(other.usage),
                cost.plus(other.cost),
                unpricedTokens + other.unpricedTokens);
    }

    /** @param part of this */
    public Spend minus(Spend part) {
        return new Spend(
                answers - part.answers,
                bytes - part.bytes,
                usage.minus(part.usage),
                cost.minus(part.cost),
                unpricedTokens - part.unpricedTokens);
    }

    /** @return whether there is something, and all of it has a price */
    public boolean priced() {
        return answers > 0 && unpricedTokens == 0;
    }
}
