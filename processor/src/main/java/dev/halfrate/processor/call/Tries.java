package dev.halfrate.processor.call;

/**
 * What has become of a request so far.
 *
 * @param answers the vendor executed it, or failed to
 * @param doubts no answer came, so that each of them may have been paid for
 * @param refusals the vendor took nothing from the account then
 */
record Tries(int answers, int doubts, int refusals) {
    static final Tries NONE = new Tries(0, 0, 0);

    int attempts() {
        return answers + doubts;
    }

    Tries answered() {
        return new Tries(answers + 1, doubts, refusals);
    }

    Tries doubted() {
        return new Tries(answers, doubts + 1, refusals);
    }

    Tries refused() {
        return new Tries(answers, doubts, refusals + 1);
    }
}
