package dev.halfrate.processor.lane;

/**
 * What a lane may spend now, in millionths of a millionth of a dollar.
 *
 * @param picos that are neither spent nor reserved
 * @param picosMin with less than that nothing is sealed
 * @param picosMax a request that may cost more never fits
 * @param most what a request may cost at most
 * @param rejects whether requests that do not fit end; otherwise they wait
 */
public record Purse(long picos, long picosMin, long picosMax, Most most, boolean rejects) {
    /** Of lanes that no budget binds. */
    public static final Purse UNBOUNDED = new Purse(Long.MAX_VALUE, 0, Long.MAX_VALUE, (_, _, _, _) -> 0, false);

    /** An upper bound of a request's cost. */
    @FunctionalInterface
    public interface Most {
        /**
         * @param outputTokensMax 0 if the request sets no limit
         * @param deadline whether it has one, so that it may be sent alone as well while its batch is on its way
         * @param prefix whether others may begin alike, so that it may be sent alone before them
         */
        long picos(int lineBytes, int outputTokensMax, boolean deadline, boolean prefix);
    }
}
