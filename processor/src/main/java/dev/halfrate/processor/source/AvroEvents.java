package dev.halfrate.processor.source;

import dev.halfrate.processor.codec.AvroValues;
import dev.halfrate.processor.codec.AvroValues.Reading;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.JsonTree;
import dev.halfrate.processor.codec.UnusableValueException;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Events that are records in Avro, with a schema of the registry, or JSON objects: each says itself which it is. */
final class AvroEvents implements EventDecoder {
    private final JsonEvents json = new JsonEvents();
    private final AvroValues values;

    AvroEvents(AvroValues values) {
        this.values = values;
    }

    @Override
    public Map<String, @Nullable Object> value(String topic, Headers headers, byte[] value) {
        return switch (values.read(value, headers)) {
            case Reading.Plain() -> json.value(topic, headers, value);
            case Reading.Value avro
            when avro.schema().getType() == org.apache.avro.Schema.Type.RECORD -> JsonTree.read(avro.json());
            case Reading.Value _ ->
                throw new UnusableValueException(
                        DeadLetter.Reason.NOT_AN_OBJECT, "the value's Avro schema must be a record");
            case Reading.Unusable(var reason, var message) -> throw new UnusableValueException(reason, message);
            case Reading.Pending() -> throw new EventPendingException();
        };
    }

    /** Keys are mostly texts, whatever their values are. */
    @Override
    public @Nullable Object key(String topic, Headers headers, byte[] key) {
        return json.key(topic, headers, key);
    }

    @Override
    public void close() {}
}
