package dev.halfrate.processor.tracing;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A span that is over.
 *
 * @param parent null for the first of its trace
 * @param attributes texts, longs, doubles and booleans by name
 * @param error what went wrong, a word; empty if nothing did
 */
record FinishedSpan(
        String name,
        Kind kind,
        TraceContext context,
        @Nullable TraceContext parent,
        Instant start,
        Instant end,
        Map<String, Object> attributes,
        List<TraceContext> links,
        String error) {

    /** What a span is to the one above it. */
    enum Kind {
        CONSUMER,
        CLIENT,
        INTERNAL
    }

    FinishedSpan {
        attributes = Map.copyOf(attributes);
        links = List.copyOf(links);
        if (end.isBefore(start)) {
            // Clocks of several machines made these.
            end = start;
        }
    }
}
