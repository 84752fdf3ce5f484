package dev.halfrate.schemas.internal;

/** Lanes whose requests are in no upstream batch: each is sent alone, at once, at the full price. */
public final class AtOnce {
    /** Stands where other lanes have a vendor's completion window; no vendor's is written like that. */
    public static final String WINDOW = "sync";

    private AtOnce() {}

    public static boolean is(LaneId lane) {
        return lane.getCompletionWindow().equals(WINDOW);
    }

    /** @return the lane of the same requests, sent at once */
    public static LaneId of(LaneId lane) {
        return LaneId.newBuilder(lane).setCompletionWindow(WINDOW).build();
    }
}
