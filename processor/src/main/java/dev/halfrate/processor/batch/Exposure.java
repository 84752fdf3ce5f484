package dev.halfrate.processor.batch;

/**
 * Lines that may be bought twice, by reason.
 *
 * @param released of attempts that were given up by policy
 * @param missing of remote batches that have no line for them, and may have executed them all the same
 */
public record Exposure(int released, int missing) {
    public static final Exposure NONE = new Exposure(0, 0);

    Exposure plusReleased(int lines) {
        return new Exposure(released + lines, missing);
    }

    Exposure plusMissing(int lines) {
        return new Exposure(released, missing + lines);
    }
}
