package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.TreeMap;
import java.util.function.Function;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes the records of results and of batches' progress, in whatever form is configured. Format: docs/formats.md. Safe for
 * use by many threads.
 *
 * @param traces what a result says in {@value Traceparent#HEADER}; null for nothing
 */
public record FeedWriter(
        ValueFormat<Result> results,
        ValueFormat<BatchProgress> batches,
        Function<Result.Request, @Nullable String> traces) {
    /** Without a registry. */
    public static final ValueFormat<Result> JSON_RESULTS = (_, _, result) -> ResultCodec.encode(result);

    public static final ValueFormat<BatchProgress> JSON_BATCHES =
            (_, _, progress) -> BatchProgressCodec.encode(progress);

    public static final FeedWriter JSON = new FeedWriter(JSON_RESULTS, JSON_BATCHES);

    /** Whose results say of their trace what the requests did. */
    public FeedWriter(ValueFormat<Result> results, ValueFormat<BatchProgress> batches) {
        this(results, batches, Result.Request::traceparent);
    }

    /** The same, whose results say something else of their trace. */
    public FeedWriter withTraces(Function<Result.Request, @Nullable String> otherTraces) {
        return new FeedWriter(results, batches, otherTraces);
    }

    /** @return the record to send, keyed by custom_id */
    public ProducerRecord<byte[], byte[]> toRecord(String topic, Result result) {
        var sent = new ProducerRecord<byte[], byte[]>(topic, result.customId().getBytes(UTF_8), null);
        Traceparent.write(sent.headers(), traces.apply(result.request()));
        new TreeMap<>(result.request().headers())
                .forEach((name, value) -> sent.headers().add(name, value.getBytes(UTF_8)));
        return with(sent, results.encode(topic, sent.headers(), result));
    }

    /** @return the record to send, keyed by batch id */
    public ProducerRecord<byte[], byte[]> toRecord(String topic, BatchProgress progress) {
        var sent = new ProducerRecord<byte[], byte[]>(topic, progress.batchId().getBytes(UTF_8), null);
        return with(sent, batches.encode(topic, sent.headers(), progress));
    }

    private static ProducerRecord<byte[], byte[]> with(ProducerRecord<byte[], byte[]> sent, byte[] value) {
        return new ProducerRecord<>(sent.topic(), null, sent.key(), value, sent.headers());
    }
}
