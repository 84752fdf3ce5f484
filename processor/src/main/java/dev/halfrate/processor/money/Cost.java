package dev.halfrate.processor.money;

/**
 * What tokens cost.
 *
 * @param paid what was paid for them
 * @param synchronous what the same tokens cost at the normal endpoint
 * @param uncached what would have been paid if nothing had been read from a cache or written to one
 */
public record Cost(Usd paid, Usd synchronous, Usd uncached) {
    public static final Cost NONE = new Cost(Usd.ZERO, Usd.ZERO, Usd.ZERO);

    public Cost plus(Cost other) {
        return new Cost(paid.plus(other.paid), synchronous.plus(other.synchronous), uncached.plus(other.uncached));
    }

    Cost minus(Cost part) {
        return new Cost(paid.minus(part.paid), synchronous.minus(part.synchronous), uncached.minus(part.uncached));
    }

    /** @return what not sending it at once has saved */
    public Usd saving() {
        return synchronous.minus(paid);
    }

    /** @return what the caches have saved; less than zero if writing to them cost more */
    public Usd cacheSaving() {
        return uncached.minus(paid);
    }
}
