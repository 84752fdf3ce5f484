package dev.halfrate.processor.lane;

/**
 * What a lane may seal now.
 *
 * @param ratio by which its tokens are estimated
 * @param batchesMax batches of one step
 * @param tokens that are free
 * @param tokensMin fewer than that are not taken, unless they are all of the window
 * @param alone whether nothing else has any: then even an item that is too large for all of it may go
 * @param purse what it may spend
 */
public record Room(TokenRatio ratio, int batchesMax, long tokens, long tokensMin, boolean alone, Purse purse) {
    /** For lanes that nothing bounds but their own limits. */
    public static Room unbounded(TokenRatio ratio) {
        return new Room(ratio, Integer.MAX_VALUE, Long.MAX_VALUE, 0, true, Purse.UNBOUNDED);
    }

    public Room with(Purse bound) {
        return new Room(ratio, batchesMax, tokens, tokensMin, alone, bound);
    }

    /** For a lane whose turn it is not. */
    public Room none() {
        return new Room(ratio, 0, tokens, tokensMin, alone, purse);
    }

    /** For a lane's turn, which is one batch. */
    public Room upTo(long share) {
        return new Room(ratio, 1, Math.min(tokens, share), tokensMin, alone, purse);
    }

    /** @return how many waiting tokens are as much as can be sealed at present */
    long full() {
        return Math.max(tokens, tokensMin);
    }
}
