package dev.halfrate.processor.tracing;

import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One span among all, as W3C's Trace Context writes it.
 *
 * @param traceId 32, spanId 16, flags 2 hexadecimal digits
 */
record TraceContext(String traceId, String spanId, String flags) {
    private static final Pattern TRACEPARENT =
            Pattern.compile("(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

    private static final String SAMPLED = "01";

    /** @return empty for what is no valid header; of a later version what is known of it */
    static Optional<TraceContext> of(@Nullable String traceparent) {
        if (traceparent == null) {
            return Optional.empty();
        }
        var parts = TRACEPARENT.matcher(traceparent);
        if (!parts.matches() || (parts.group(1).equals("00") && parts.group(5) != null)) {
            return Optional.empty();
        }
        return Optional.of(new TraceContext(parts.group(2), parts.group(3), parts.group(4)));
    }

    static TraceContext sampled(String traceId, String spanId) {
        return new TraceContext(traceId, spanId, SAMPLED);
    }

    boolean isSampled() {
        return (Character.digit(flags.charAt(1), 16) & 1) == 1;
    }

    /** Another span of the same trace, with the same flags. */
    TraceContext withSpan(String otherSpanId) {
        return new TraceContext(traceId, otherSpanId, flags);
    }

    /** The same, sampled. */
    TraceContext andSampled() {
        return isSampled()
                ? this
                : new TraceContext(traceId, spanId, "%02x".formatted(Integer.parseInt(flags, 16) | 1));
    }

    String traceparent() {
        return "00-%s-%s-%s".formatted(traceId, spanId, flags);
    }
}
