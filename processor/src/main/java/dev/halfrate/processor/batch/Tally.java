package dev.halfrate.processor.batch;

/**
 * What became of a batch's items so far, and what was spent on them.
 *
 * @param elsewhere items of the window that are other parts' matter
 */
public record Tally(
        int succeeded, int failed, int expired, int cancelled, int returned, int elsewhere, Spending spending) {
    public static final Tally ZERO = new Tally(0, 0, 0, 0, 0, 0, Spending.NONE);

    /** @return items that are not this batch's any more: they have had their terminal record, went back to the lane, or never were */
    public int done() {
        return succeeded + failed + expired + cancelled + returned + elsewhere;
    }

    Tally plus(ItemEnd end) {
        var sum = spending.plus(end.tag(), end.spend());
        return switch (end.kind()) {
            case SUCCEEDED -> new Tally(succeeded + 1, failed, expired, cancelled, returned, elsewhere, sum);
            case FAILED -> new Tally(succeeded, failed + 1, expired, cancelled, returned, elsewhere, sum);
            case EXPIRED -> new Tally(succeeded, failed, expired + 1, cancelled, returned, elsewhere, sum);
            case CANCELLED -> new Tally(succeeded, failed, expired, cancelled + 1, returned, elsewhere, sum);
            case RETURNED -> new Tally(succeeded, failed, expired, cancelled, returned + 1, elsewhere, sum);
        };
    }

    /** Also what became of the items of a part. */
    Tally plus(Tally part) {
        return new Tally(
                succeeded + part.succeeded,
                failed + part.failed,
                expired + part.expired,
                cancelled + part.cancelled,
                returned + part.returned,
                elsewhere,
                spending.plus(part.spending));
    }
}
