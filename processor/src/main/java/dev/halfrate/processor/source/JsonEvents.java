package dev.halfrate.processor.source;

import dev.halfrate.processor.codec.JsonTree;
import dev.halfrate.processor.codec.UnusableValueException;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Events that are JSON objects. */
final class JsonEvents implements EventDecoder {
    @Override
    public Map<String, @Nullable Object> value(String topic, Headers headers, byte[] value) {
        return JsonTree.read(value);
    }

    @Override
    public @Nullable Object key(String topic, Headers headers, byte[] key) {
        if (key.length > 0 && key[0] == '{') {
            try {
                return JsonTree.read(key);
            } catch (UnusableValueException _) {
                // A text like any other.
            }
        }
        return Event.text(key);
    }

    @Override
    public void close() {}
}
