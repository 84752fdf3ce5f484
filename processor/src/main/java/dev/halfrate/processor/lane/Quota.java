package dev.halfrate.processor.lane;

/**
 * How many tokens of a model may be enqueued at the vendor at a time.
 *
 * @param configured 0 for no such
 * @param learned what the vendor said when it refused a batch; 0 if it has not lately
 * @param sharePermille how much of it is used: estimates are off by a little, and where the vendor refuses what they let
 *     through, by more
 */
public record Quota(long configured, long learned, int sharePermille) {
    public static final Quota NONE = new Quota(0, 0, Quota.SHARE_MAX);

    public static final int SHARE_MAX = 970;
    static final int SHARE_MIN = 50;

    private static final int RECOVERY = 5;

    /** A batch takes at least this share of the limit, or else the whole window: many small ones would be no help. */
    private static final int CRUMBS = 20;

    /** @return whether there is a limit at all */
    public boolean isBounded() {
        return limit() > 0;
    }

    private long limit() {
        return configured == 0 || learned == 0 ? Math.max(configured, learned) : Math.min(configured, learned);
    }

    /** @return estimated tokens that may be reserved */
    public long usable() {
        return limit() / 1000 * sharePermille + limit() % 1000 * sharePermille / 1000;
    }

    /** @return tokens below which a part of a window is left waiting */
    public long crumb() {
        return limit() / CRUMBS;
    }

    public Quota configuredAs(long tokens) {
        return new Quota(tokens, learned, sharePermille);
    }

    /**
     * @param limit that the vendor named when it refused a batch
     * @param reserved estimated tokens of all batches that are sealed, the refused one included; if they are within the
     *     limit, the estimates are too low
     */
    public Quota refused(long limit, long reserved) {
        var share = reserved <= limit ? Math.max(SHARE_MIN, sharePermille * 9 / 10) : sharePermille;
        return new Quota(configured, limit, share);
    }

    /** A batch has ended that was let through. */
    public Quota fitted() {
        return new Quota(configured, learned, Math.min(SHARE_MAX, sharePermille + RECOVERY));
    }

    /** The estimates are others than those that let through too much. */
    public Quota trusting() {
        return new Quota(configured, learned, SHARE_MAX);
    }

    /** What was learned long ago may have been raised since. */
    public Quota forgotten() {
        return new Quota(configured, 0, SHARE_MAX);
    }
}
