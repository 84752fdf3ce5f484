package dev.halfrate.schemas.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Keys of the work topic: what belongs to a window is deleted with it. */
public final class WorkKeys {
    /** Argument of a command that cancels a request: its item of the window. */
    public static final String ITEM = "item";

    /** Begins the keys of records that a release which does not know them may pass over. */
    public static final String HINTS = "hint/";

    private WorkKeys() {}

    /** Of a command for a whole batch: a later one of the kind takes its place. */
    public static byte[] command(CommandKind kind, String batchId) {
        return "%s%s/%s".formatted(HINTS, kind, batchId).getBytes(UTF_8);
    }

    /** @return the id of the window that a batch is, or is a part of */
    public static String windowOf(String batchId) {
        var dot = batchId.indexOf('.');
        return dot < 0 ? batchId : batchId.substring(0, dot);
    }

    /** @param index of a manifest's chunk */
    public static byte[] chunk(String windowId, int index) {
        return (windowId + "/" + index).getBytes(UTF_8);
    }

    /**
     * Does not begin as the chunks' keys do.
     *
     * @param item of the window that is to be cancelled
     */
    public static byte[] withdrawal(String windowId, int item) {
        return ("cancel/" + windowId + "/" + item).getBytes(UTF_8);
    }
}
