package dev.halfrate.processor.tracing;

import dev.halfrate.processor.config.Secret;
import dev.halfrate.processor.config.TracingConfig;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends spans by OTLP over HTTP, on a thread of its own. What finds no room, or nobody who takes it, is dropped and counted. */
final class OtlpQueue implements SpanQueue {
    static final int SPANS_MAX = 8_192;
    private static final int SPANS_PER_EXPORT_MAX = 512;
    private static final Duration FILL_WAIT = Duration.ofMillis(500);
    private static final Duration EXPORT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(3);

    private static final Logger LOG = LoggerFactory.getLogger(OtlpQueue.class);

    /** Held, because a logger that nobody holds forgets its level: whether it works is said here, once. */
    private static final java.util.logging.Logger LIBRARY = java.util.logging.Logger.getLogger("io.opentelemetry");

    private final BlockingQueue<FinishedSpan> waiting = new ArrayBlockingQueue<>(SPANS_MAX);
    private final SpanExporter exporter;
    private final Resource resource;
    private final Counter dropped;
    private final Thread thread;
    private volatile boolean closing;
    private boolean failing;

    OtlpQueue(SpanExporter exporter, Resource resource, MeterRegistry meters) {
        this.exporter = exporter;
        this.resource = resource;
        this.dropped = Counter.builder("halfrate.spans.dropped")
                .description("Spans that nobody got: the receiver is away, or slower than requests end")
                .register(meters);
        this.thread = Thread.ofPlatform().name("tracing").daemon().unstarted(this::run);
    }

    static OtlpQueue start(TracingConfig config, String instance, MeterRegistry meters) {
        LIBRARY.setLevel(Level.OFF);
        var exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(config.endpoint())
                .setTimeout(EXPORT_TIMEOUT)
                .setConnectTimeout(EXPORT_TIMEOUT)
                .setCompression("gzip")
                .setHeaders(() -> {
                    var headers = new HashMap<String, String>();
                    config.headers().forEach((name, value) -> headers.put(name, reveal(value)));
                    return headers;
                })
                .build();
        var resource = Resource.getDefault()
                .merge(Resource.create(Attributes.of(
                        AttributeKey.stringKey("service.name"),
                        config.serviceName(),
                        AttributeKey.stringKey("service.instance.id"),
                        instance)));
        var queue = new OtlpQueue(exporter, resource, meters);
        queue.thread.start();
        return queue;
    }

    private static String reveal(Secret secret) {
        return secret.reveal();
    }

    @Override
    public void add(List<FinishedSpan> spans) {
        for (var span : spans) {
            if (closing || !waiting.offer(span)) {
                dropped.increment();
            }
        }
    }

    private void run() {
        try {
            while (!closing || !waiting.isEmpty()) {
                var first = waiting.poll(FILL_WAIT.toMillis(), TimeUnit.MILLISECONDS);
                if (first != null) {
                    var spans = new ArrayList<FinishedSpan>();
                    spans.add(first);
                    waiting.drainTo(spans, SPANS_PER_EXPORT_MAX - 1);
                    export(spans);
                }
            }
        } catch (InterruptedException _) {
            LOG.debug("stopped with {} spans waiting", waiting.size());
        }
    }

    private void export(List<FinishedSpan> spans) {
        var data = spans.stream()
                .<SpanData>map(span -> new OtlpSpan(span, resource))
                .toList();
        boolean taken;
        try {
            taken = exporter.export(data)
                    .join(EXPORT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .isSuccess();
        } catch (RuntimeException e) {
            LOG.debug("spans cannot be sent", e);
            taken = false;
        }
        if (!taken) {
            dropped.increment(spans.size());
        }
        if (taken == failing) {
            failing = !taken;
            if (failing) {
                LOG.warn(
                        "tracing.endpoint does not take spans; they are dropped until it does, see halfrate.spans.dropped");
            } else {
                LOG.info("tracing.endpoint takes spans again");
            }
        }
    }

    /** Sends what waits, but not for long. */
    @Override
    public void close() {
        closing = true;
        try {
            if (!thread.join(CLOSE_WAIT)) {
                thread.interrupt();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        dropped.increment(waiting.size());
        // It waits for calls that are under way.
        var _ = Thread.ofPlatform().name("tracing-end").daemon().start(exporter::shutdown);
    }
}
