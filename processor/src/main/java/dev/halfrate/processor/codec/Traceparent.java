package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** The W3C trace context that a producer may send along; a result or dead letter echoes it. */
public final class Traceparent {
    public static final String HEADER = "traceparent";
    public static final int BYTES_MAX = 128;

    private Traceparent() {}

    /** @return null if there is none, or one that is too long or not printable ASCII: it is not ours to carry around */
    public static @Nullable String read(Headers headers) {
        var header = headers.lastHeader(HEADER);
        var value = header == null ? null : header.value();
        if (value == null || value.length == 0 || value.length > BYTES_MAX) {
            return null;
        }
        for (var b : value) {
            if (b < ' ' || b > '~') {
                return null;
            }
        }
        return new String(value, US_ASCII);
    }

    /** Nothing for null. */
    public static void write(Headers headers, @Nullable String traceparent) {
        if (traceparent != null) {
            headers.add(HEADER, traceparent.getBytes(US_ASCII));
        }
    }
}
