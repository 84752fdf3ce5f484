package dev.halfrate.simulator;

/**
 * Shares (0..1) of lines that do not get an answer.
 *
 * @param refused answered 400, for the same content always
 * @param failed answered 500 or 503; the same content may succeed in another batch
 * @param unfinished not executed before the completion window ends; another batch may execute them
 */
public record LineErrorRates(double refused, double failed, double unfinished) {

    public static final LineErrorRates NONE = new LineErrorRates(0, 0, 0);

    public LineErrorRates {
        requireShare("refused", refused);
        requireShare("failed", failed);
        requireShare("unfinished", unfinished);
    }

    private static void requireShare(String name, double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("simulator.line-error-rates." + name + " must be 0..1, got " + share);
        }
    }
}
