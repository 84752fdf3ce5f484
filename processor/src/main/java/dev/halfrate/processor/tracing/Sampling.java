package dev.halfrate.processor.tracing;

import dev.halfrate.processor.codec.Result;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which requests have spans, and which span stands for one: decided by what travels with the request, so that whoever
 * answers it decides alike.
 *
 * @param ratio of requests that have them although their producer did not sample them, 0..1
 */
record Sampling(double ratio) {
    private static final int RATIO_DIGITS = 13;

    /**
     * A request's own span and the one above it.
     *
     * @param parent null if its producer has none
     */
    record Chosen(TraceContext own, @Nullable TraceContext parent) {}

    /** @return empty if it has no spans */
    Optional<Chosen> of(Result.Request request) {
        return of(
                request.traceparent(),
                request.customId(),
                Long.toString(request.requestedAt().toEpochMilli()));
    }

    /** @param names that tell the request from all others */
    Optional<Chosen> of(@Nullable String traceparent, String... names) {
        if (traceparent == null && ratio == 0) {
            return Optional.empty();
        }
        var parent = TraceContext.of(traceparent);
        if (parent.isPresent() && parent.get().isSampled()) {
            return Optional.of(chosen(parent.get(), names));
        }
        var own = SpanIds.trace(names);
        if (ratio == 0 || fraction(own) >= ratio) {
            return Optional.empty();
        }
        return Optional.of(parent.map(context -> chosen(context, names))
                .orElseGet(() -> new Chosen(TraceContext.sampled(own, SpanIds.span(names)), null)));
    }

    private static Chosen chosen(TraceContext parent, String... names) {
        var own = SpanIds.span(parent.traceId() + parent.spanId(), String.join("\0", names));
        return new Chosen(parent.withSpan(own).andSampled(), parent);
    }

    /** @return 0 to below 1, evenly */
    private static double fraction(String traceId) {
        return Long.parseLong(traceId, 0, RATIO_DIGITS, 16) / (double) (1L << (4 * RATIO_DIGITS));
    }
}
