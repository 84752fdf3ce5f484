package dev.halfrate.processor.batch;

import dev.halfrate.processor.money.Spend;

/**
 * What was learned about one item: from a result file's line, from its absence, or from its body being gone.
 *
 * @param attempts failures of this request before
 * @param missing how often it was in none of the result files before
 * @param tag the request's label for money; empty for none
 * @param lifeOver whether the request's time to live is over
 */
public record ItemReport(
        int item, Finding finding, int attempts, int missing, boolean lifeOver, String tag, Spend spend) {
    /** What was found. */
    public enum Finding {
        SUCCEEDED,
        FAILED_FOR_GOOD,
        /** The vendor's failure may not happen again. */
        FAILED_FOR_NOW,
        /** Not executed: the completion window ended. */
        NOT_EXECUTED_EXPIRED,
        /** Not executed: the batch was cancelled. */
        NOT_EXECUTED_CANCELLED,
        /** In none of the result files. */
        MISSING,
        /** The body is not in the requests topic any more, or is another one. */
        BODY_GONE,
        /** Sent alone, and no answer came: it may have been executed, and paid for. */
        NO_ANSWER,
        /** To be sent alone, and the vendor took nothing then: not executed. */
        NOT_TAKEN,
        /** Somebody has cancelled it, wherever it was. */
        WITHDRAWN
    }
}
