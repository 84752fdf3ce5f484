package dev.halfrate.processor.batch;

import dev.halfrate.processor.money.Usage;

/** What became of a batch's items so far, and the tokens that were reported for them. */
public record Tally(int succeeded, int failed, int expired, int cancelled, int returned, Usage usage) {
    public static final Tally ZERO = new Tally(0, 0, 0, 0, 0, Usage.NONE);

    /** @return items that have had their terminal record or went back to the lane */
    public int done() {
        return succeeded + failed + expired + cancelled + returned;
    }

    Tally plus(ItemEnd end) {
        var sum = usage.plus(end.usage());
        return switch (end.kind()) {
            case SUCCEEDED -> new Tally(succeeded + 1, failed, expired, cancelled, returned, sum);
            case FAILED -> new Tally(succeeded, failed + 1, expired, cancelled, returned, sum);
            case EXPIRED -> new Tally(succeeded, failed, expired + 1, cancelled, returned, sum);
            case CANCELLED -> new Tally(succeeded, failed, expired, cancelled + 1, returned, sum);
            case RETURNED -> new Tally(succeeded, failed, expired, cancelled, returned + 1, sum);
        };
    }
}
