package dev.halfrate.processor.tracing;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.TracingConfig;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Is told what has been committed, and writes spans of it. To be told of what may still be aborted would make spans of what
 * never was. Costs nothing where tracing is off, and never fails: work that is done stays done. For any thread; a {@link Batches} is
 * one thread's.
 */
public final class Tracing implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tracing.class);

    public static final Tracing OFF = new Tracing(null, new RequestSpans(new Sampling(0), false));

    private final @Nullable SpanQueue queue;
    private final RequestSpans requests;
    private final ThreadLocal<List<FinishedSpan>> uncommitted = ThreadLocal.withInitial(ArrayList::new);

    Tracing(@Nullable SpanQueue queue, RequestSpans requests) {
        this.queue = queue;
        this.requests = requests;
    }

    /** @return {@link #OFF} if no endpoint is configured */
    public static Tracing of(TracingConfig config, String instance, MeterRegistry meters) {
        return config.isOn()
                ? new Tracing(
                        OtlpQueue.start(config, instance, meters),
                        new RequestSpans(new Sampling(config.sample()), config.customIds()))
                : OFF;
    }

    public boolean isOn() {
        return queue != null;
    }

    /** @return what the result says of its trace: the request's own span where it has one, else what its producer said */
    public @Nullable String traceparent(Result.Request request) {
        return isOn()
                ? requests.sampling()
                        .of(request)
                        .map(chosen -> chosen.own().traceparent())
                        .orElse(request.traceparent())
                : request.traceparent();
    }

    /** Results of requests that were in no batch. */
    public void answered(List<Result> results) {
        write(sink -> results.forEach(result -> sink.add(requests.of(result, null))));
    }

    public void buried(List<DeadLetter> letters, Instant now) {
        write(sink -> letters.forEach(letter -> sink.add(requests.of(letter, now))));
    }

    /** A result of the transaction that the calling thread has open. */
    public void answering(Result result) {
        write(_ -> uncommitted.get().addAll(requests.of(result, null)));
    }

    /** Likewise. */
    public void burying(DeadLetter letter, Instant now) {
        write(_ -> uncommitted.get().addAll(requests.of(letter, now)));
    }

    /** Likewise, of a request that the result of an equal one answers. */
    public void absorbed(Result.Request request, Instant now) {
        write(_ -> uncommitted.get().addAll(requests.absorbed(request, now)));
    }

    /** The transaction of the calling thread is committed. */
    public void committed() {
        write(sink -> sink.add(uncommitted.get()));
        uncommitted.remove();
    }

    /** The transaction of the calling thread is aborted. */
    public void aborted() {
        uncommitted.remove();
    }

    /** @return of a partition's batches, for its present owner */
    public Batches batches() {
        return new Batches();
    }

    /** Follows the batches of one owner. */
    public final class Batches {
        private final BatchSpans spans = new BatchSpans();

        private Batches() {}

        public void restored(List<Batch> batches) {
            write(_ -> batches.forEach(spans::restored));
        }

        /** @param results of items of these batches */
        public void committed(List<Batch> batches, List<Result> results) {
            write(sink -> {
                if (!results.isEmpty()) {
                    var byId =
                            batches.stream().collect(Collectors.toMap(Batch::id, batch -> batch, (_, later) -> later));
                    results.forEach(result -> sink.add(requests.of(result, byId.get(result.batchId()))));
                }
                batches.forEach(batch -> sink.add(spans.changed(batch)));
            });
        }
    }

    /** What it is told of is committed already, or must not fail for this: a defect here costs spans. */
    private void write(Consumer<SpanQueue> spans) {
        if (queue == null) {
            return;
        }
        try {
            spans.accept(queue);
        } catch (RuntimeException e) {
            LOG.warn("spans could not be made", e);
        }
    }

    @Override
    public void close() {
        if (queue != null) {
            queue.close();
        }
    }
}
