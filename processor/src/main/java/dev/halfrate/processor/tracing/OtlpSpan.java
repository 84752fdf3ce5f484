package dev.halfrate.processor.tracing;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.common.InstrumentationLibraryInfo;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A span as OpenTelemetry's exporters want it. */
record OtlpSpan(FinishedSpan span, Resource resource) implements SpanData {
    private static final InstrumentationScopeInfo SCOPE = InstrumentationScopeInfo.create("dev.halfrate");

    @Override
    public String getName() {
        return span.name();
    }

    @Override
    public SpanKind getKind() {
        return switch (span.kind()) {
            case CONSUMER -> SpanKind.CONSUMER;
            case CLIENT -> SpanKind.CLIENT;
            case INTERNAL -> SpanKind.INTERNAL;
        };
    }

    @Override
    public SpanContext getSpanContext() {
        return context(span.context());
    }

    @Override
    public SpanContext getParentSpanContext() {
        var parent = span.parent();
        return parent == null ? SpanContext.getInvalid() : context(parent);
    }

    private static SpanContext context(TraceContext context) {
        return SpanContext.create(
                context.traceId(),
                context.spanId(),
                context.isSampled() ? TraceFlags.getSampled() : TraceFlags.getDefault(),
                TraceState.getDefault());
    }

    @Override
    public StatusData getStatus() {
        return span.error().isEmpty() ? StatusData.unset() : StatusData.create(StatusCode.ERROR, span.error());
    }

    @Override
    public long getStartEpochNanos() {
        return nanos(span.start());
    }

    @Override
    public long getEndEpochNanos() {
        return nanos(span.end());
    }

    private static long nanos(Instant at) {
        return TimeUnit.SECONDS.toNanos(at.getEpochSecond()) + at.getNano();
    }

    @Override
    public Attributes getAttributes() {
        var attributes = Attributes.builder();
        span.attributes().forEach((name, value) -> put(attributes, name, value));
        if (!span.error().isEmpty()) {
            attributes.put("error.type", span.error());
        }
        return attributes.build();
    }

    private static void put(AttributesBuilder attributes, String name, @Nullable Object value) {
        switch (value) {
            case String text -> attributes.put(name, text);
            case Long number -> attributes.put(name, number);
            case Double number -> attributes.put(name, number);
            case Boolean flag -> attributes.put(name, flag);
            case null, default -> throw new IllegalArgumentException(name);
        }
    }

    @Override
    public List<EventData> getEvents() {
        return List.of();
    }

    @Override
    public List<LinkData> getLinks() {
        return span.links().stream().map(link -> LinkData.create(context(link))).toList();
    }

    @Override
    public boolean hasEnded() {
        return true;
    }

    @Override
    public int getTotalRecordedEvents() {
        return 0;
    }

    @Override
    public int getTotalRecordedLinks() {
        return span.links().size();
    }

    @Override
    public int getTotalAttributeCount() {
        return span.attributes().size() + (span.error().isEmpty() ? 0 : 1);
    }

    @Deprecated
    @Override
    public InstrumentationLibraryInfo getInstrumentationLibraryInfo() {
        return InstrumentationLibraryInfo.create(SCOPE.getName(), null);
    }

    @Override
    public InstrumentationScopeInfo getInstrumentationScopeInfo() {
        return SCOPE;
    }

    @Override
    public Resource getResource() {
        return resource;
    }
}
