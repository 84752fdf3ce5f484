package dev.halfrate.processor.batch;

/**
 * Requests that may be bought twice, by reason.
 *
 * @param released of attempts that were given up by policy
 * @param missing of remote batches that have no line for them, and may have executed them all the same
 * @param called sent alone, and no answer came
 * @param hedged sent alone because of their deadlines, while their batch may be executing them
 */
public record Exposure(int released, int missing, int called, int hedged) {
    public static final Exposure NONE = new Exposure(0, 0, 0, 0);

    Exposure plusReleased(int lines) {
        return new Exposure(released + lines, missing, called, hedged);
    }

    Exposure plusMissing(int lines) {
        return new Exposure(released, missing + lines, called, hedged);
    }

    Exposure plusCalled(int calls) {
        return new Exposure(released, missing, called + calls, hedged);
    }

    Exposure plusHedged(int items) {
        return new Exposure(released, missing, called, hedged + items);
    }

    /** They turned out not to be executed twice: not alone, or not with their batch. */
    Exposure minusHedged(int items) {
        return new Exposure(released, missing, called, hedged - items);
    }
}
