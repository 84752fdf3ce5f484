package dev.halfrate.schemas.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Keys of the work topic: what belongs to a window is deleted with it. */
public final class WorkKeys {
    /** Argument of a command that cancels a request: its item of the window. */
    public static final String ITEM = "item";

    private WorkKeys() {}

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
