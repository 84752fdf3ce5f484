package dev.halfrate.processor.money;

/**
 * What tokens cost.
 *
 * @param batch as part of a batch
 * @param synchronous what the same tokens cost at the normal endpoint
 */
public record Cost(Usd batch, Usd synchronous) {
    public static final Cost NONE = new Cost(Usd.ZERO, Usd.ZERO);

    public Cost plus(Cost other) {
        return new Cost(batch.plus(other.batch), synchronous.plus(other.synchronous));
    }

    public Usd saving() {
        return synchronous.minus(batch);
    }
}
