package dev.halfrate.processor.codec;

import dev.halfrate.schemas.PublicSchemas;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads what {@link FeedWriter} writes in JSON or Avro; each record says which of them it is. All of its methods return
 * empty as long as nobody can say what a value's schema is, and throw {@link MalformedRecordException} for a record that
 * is none of ours. Safe for use by many threads.
 */
public record FeedReader(WriterSchemas schemas) {
    /** Without a registry. */
    public static final FeedReader JSON = new FeedReader(WriterSchemas.NONE);

    public Optional<Result> result(ConsumerRecord<byte[], byte[]> received) {
        return read(
                received,
                PublicSchemas.RESULT,
                ResultCodec::fromRecord,
                result -> ResultAvro.fromAvro(result, Traceparent.read(received.headers())));
    }

    public Optional<BatchProgress> batch(ConsumerRecord<byte[], byte[]> received) {
        return read(received, PublicSchemas.BATCH_EVENT, BatchProgressCodec::fromRecord, BatchEventAvro::fromAvro);
    }

    private <T> Optional<T> read(
            ConsumerRecord<byte[], byte[]> received,
            Schema schema,
            Function<ConsumerRecord<byte[], byte[]>, T> fromJson,
            Function<GenericRecord, T> fromAvro) {
        if (received.value() == null) {
            throw new MalformedRecordException("no value");
        }
        return switch (Framing.of(received.value(), received.headers())) {
            case Framing.Plain() -> Optional.of(fromJson.apply(received));
            case Framing.Broken(var message) -> throw new MalformedRecordException(message);
            case Framing.Framed(var name, var offset) ->
                switch (schemas.find(name)) {
                    case WriterSchemas.Lookup.Pending() -> Optional.empty();
                    case WriterSchemas.Lookup.Missing missing -> throw new MalformedRecordException(missing.message());
                    case WriterSchemas.Lookup.Found(var writer) ->
                        Optional.of(fromAvro.apply(decode(received.value(), offset, writer, schema)));
                };
        };
    }

    private static GenericRecord decode(byte[] value, int from, Schema writer, Schema reader) {
        // Avro's own decoder takes as much memory as the bytes say.
        var walk = new AvroWalk(value, from);
        walk.skip(writer);
        if (!walk.atEnd()) {
            throw new MalformedRecordException("bytes after its end");
        }
        try {
            var decoder = DecoderFactory.get().binaryDecoder(value, from, value.length - from, null);
            return new GenericDatumReader<GenericRecord>(writer, reader).read(null, decoder);
        } catch (IOException | AvroRuntimeException e) {
            // Its message may quote the value.
            throw new MalformedRecordException("the value cannot be read as %s: %s"
                    .formatted(reader.getFullName(), e.getClass().getSimpleName()));
        }
    }
}
