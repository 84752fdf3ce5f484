package dev.halfrate.processor;

import static java.util.Objects.requireNonNull;

import dev.halfrate.processor.codec.AvroFormat;
import dev.halfrate.processor.codec.BatchProgress;
import dev.halfrate.processor.codec.FeedWriter;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.codec.ValueFormat;
import dev.halfrate.processor.codec.WriterSchemas;
import dev.halfrate.processor.config.FormatsConfig;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.ops.StartupException;
import dev.halfrate.processor.registry.CachedSchemas;
import dev.halfrate.processor.registry.RegistryException;
import dev.halfrate.processor.registry.SchemaRegistry;
import dev.halfrate.schemas.PublicSchemas;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * In which forms requests are read, and results and batch events written.
 *
 * @param parts to be closed
 */
record Formats(WriterSchemas schemas, FeedWriter feeds, List<AutoCloseable> parts) implements AutoCloseable {
    private static final int CAUSES_MAX = 5;

    static final Result SOME_RESULT = Result.unsent(
            new Result.Request("", Instant.EPOCH, null),
            Result.Status.REJECTED,
            "",
            "",
            "",
            new Result.Failure("", "", false),
            0,
            Instant.EPOCH);

    private static final BatchProgress SOME_PROGRESS = new BatchProgress(
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            Spend.NONE,
            Map.of(),
            "",
            Instant.EPOCH,
            Instant.EPOCH);

    /**
     * Asks the registry for the ids of what is written in Avro.
     *
     * @throws StartupException if it does not answer, or does not take a schema, or a serializer cannot be made
     */
    static Formats of(HalfrateConfig config, MeterRegistry meters) throws InterruptedException {
        var parts = new ArrayList<AutoCloseable>();
        try {
            var registry = config.schemaRegistry().isThere() ? new SchemaRegistry(config.schemaRegistry()) : null;
            if (registry != null) {
                parts.add(registry);
            }
            var formats = config.formats();
            var results = format(
                    formats.results(),
                    FeedWriter.JSON_RESULTS,
                    registry,
                    config.resultTopics().all(),
                    PublicSchemas.RESULT,
                    AvroFormat::results,
                    name -> proven(
                            "formats.results",
                            AvroFormat.resultsBy(serializer("formats.results", name, formats, parts)),
                            config.resultTopics().all(),
                            SOME_RESULT));
            var batches = format(
                    formats.batches(),
                    FeedWriter.JSON_BATCHES,
                    registry,
                    List.of(config.topics().batches()),
                    PublicSchemas.BATCH_EVENT,
                    AvroFormat::batches,
                    name -> proven(
                            "formats.batches",
                            AvroFormat.batchesBy(serializer("formats.batches", name, formats, parts)),
                            List.of(config.topics().batches()),
                            SOME_PROGRESS));
            var schemas =
                    registry == null ? WriterSchemas.NONE : new CachedSchemas(registry, InstantSource.system(), meters);
            return new Formats(schemas, new FeedWriter(results, batches), parts);
        } catch (RegistryException e) {
            close(parts);
            throw new StartupException(String.valueOf(e.getMessage()), e);
        } catch (RuntimeException | InterruptedException e) {
            close(parts);
            throw e;
        }
    }

    private static <T> ValueFormat<T> format(
            String word,
            ValueFormat<T> json,
            @Nullable SchemaRegistry registry,
            List<String> topics,
            Schema schema,
            Function<Integer, ValueFormat<T>> avro,
            Function<String, ValueFormat<T>> serializer)
            throws InterruptedException {
        if (word.equals(FormatsConfig.JSON)) {
            return json;
        }
        if (!word.equals(FormatsConfig.AVRO)) {
            return serializer.apply(word);
        }
        if (registry == null) {
            throw new IllegalStateException("the configuration has no avro without a registry");
        }
        var formats = new HashMap<String, ValueFormat<T>>();
        for (var topic : topics) {
            formats.put(topic, avro.apply(registry.idOf(topic, schema)));
        }
        return (topic, headers, value) -> requireNonNull(formats.get(topic)).encode(topic, headers, value);
    }

    /** What a serializer needs of others, such as a schema's id, it is to get now, and not when a result waits for it. */
    private static <T> ValueFormat<T> proven(String key, ValueFormat<T> format, List<String> topics, T some) {
        try {
            for (var topic : topics) {
                var _ = format.encode(topic, new RecordHeaders(), some);
            }
            return format;
        } catch (RuntimeException e) {
            throw new StartupException("%s: the serializer fails (%s): see formats.serializer-properties"
                    .formatted(
                            key,
                            Stream.iterate((Throwable) e, Objects::nonNull, Throwable::getCause)
                                    .limit(CAUSES_MAX)
                                    .map(cause -> cause.getClass().getSimpleName())
                                    .collect(Collectors.joining(", by "))));
        }
    }

    /** Kafka's own way to make a serializer. */
    private static Serializer<Object> serializer(
            String key, String name, FormatsConfig formats, List<AutoCloseable> parts) {
        try {
            @SuppressWarnings("unchecked")
            Serializer<Object> serializer = Utils.newInstance(name, Serializer.class);
            var properties = new HashMap<String, Object>();
            formats.serializerProperties().forEach((property, value) -> properties.put(property, value.reveal()));
            serializer.configure(properties, false);
            parts.add(serializer);
            return serializer;
        } catch (ClassNotFoundException e) {
            throw new StartupException("%s: class %s is not on the class path".formatted(key, name), e);
        } catch (RuntimeException e) {
            // A message of somebody else's may quote a property.
            throw new StartupException("%s: %s cannot be made and configured with formats.serializer-properties (%s)"
                    .formatted(key, name, e.getClass().getSimpleName()));
        }
    }

    private static void close(List<AutoCloseable> parts) {
        for (var part : parts.reversed()) {
            try {
                part.close();
            } catch (Exception e) {
                throw new IllegalStateException(
                        "while closing " + part.getClass().getSimpleName(), e);
            }
        }
    }

    @Override
    public void close() {
        close(parts);
    }
}
