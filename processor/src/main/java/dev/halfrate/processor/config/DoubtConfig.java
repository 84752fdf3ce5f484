package dev.halfrate.processor.config;

/**
 * What is done about a create of an account's batch that got no answer and of which no trace is found.
 *
 * @param linesMax with {@link Policy#RESUBMIT_AFTER_QUIESCE}, lines of one batch that may be bought twice
 */
public record DoubtConfig(Policy policy, int linesMax) {
    public static final DoubtConfig DEFAULT = new DoubtConfig(Policy.BY_VENDOR, 10_000);

    public DoubtConfig {
        Check.range("accounts.doubts.lines-max", linesMax, 0, 1_000_000);
    }

    /** What to do. */
    public enum Policy {
        /** RESUBMIT_IF_REVOKED where a batch can be told from others in a listing, otherwise RESUBMIT_AFTER_QUIESCE. */
        BY_VENDOR,
        /** Its input file is deleted before the next attempt. */
        RESUBMIT_IF_REVOKED,
        /** The next attempt follows the quiet time. */
        RESUBMIT_AFTER_QUIESCE,
        /** The batch waits for evidence, or an operator. */
        HOLD
    }
}
