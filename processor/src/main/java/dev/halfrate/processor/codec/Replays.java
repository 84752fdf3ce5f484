package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.common.header.Headers;

/** How often a record was sent again after it had become a dead letter, as its header says. */
public final class Replays {
    public static final String HEADER = "halfrate-replays";

    private Replays() {}

    /** @return 0 if it says nothing, or nothing that can be meant */
    public static int read(Headers headers) {
        var header = headers.lastHeader(HEADER);
        if (header == null || header.value() == null || header.value().length > 6) {
            return 0;
        }
        try {
            return Math.max(0, Integer.parseInt(new String(header.value(), UTF_8)));
        } catch (NumberFormatException _) {
            return 0;
        }
    }

    /** Nothing for 0. */
    public static void write(Headers headers, int replays) {
        headers.remove(HEADER);
        if (replays > 0) {
            headers.add(HEADER, Integer.toString(replays).getBytes(UTF_8));
        }
    }
}
