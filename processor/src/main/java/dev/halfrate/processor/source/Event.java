package dev.halfrate.processor.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** What a template can name of a record. */
final class Event {
    static final Set<String> NAMES = Set.of("value", "key", "headers", "topic", "partition", "offset", "timestamp");

    /** One that has all names and no fields. */
    static final Map<String, Object> NOTHING = Map.of(
            "value",
            Map.of(),
            "key",
            "",
            "headers",
            Map.of(),
            "topic",
            "",
            "partition",
            0L,
            "offset",
            0L,
            "timestamp",
            "1970-01-01T00:00:00.000Z");

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private Event() {}

    /**
     * @param at the record's timestamp, or what stands for one that cannot be
     * @return the variables; what the record lacks is missing
     * @throws dev.halfrate.processor.codec.UnusableValueException if nothing can be made of the value
     */
    static Map<String, Object> variables(ConsumerRecord<byte[], byte[]> event, EventDecoder decoder, Instant at) {
        var variables = new HashMap<String, Object>();
        variables.put("value", decoder.value(event.topic(), event.headers(), event.value()));
        var key = event.key() == null ? null : decoder.key(event.topic(), event.headers(), event.key());
        if (key != null) {
            variables.put("key", key);
        }
        variables.put("headers", headers(event.headers()));
        variables.put("topic", event.topic());
        variables.put("partition", (long) event.partition());
        variables.put("offset", event.offset());
        variables.put("timestamp", TIME.format(at));
        return variables;
    }

    /** The last of several of one name; bytes that are no text are missing. */
    private static Map<String, Object> headers(Headers headers) {
        var texts = new LinkedHashMap<String, Object>();
        for (var header : headers) {
            var text = header.value() == null ? null : text(header.value());
            if (text != null) {
                texts.put(header.key(), text);
            }
        }
        return texts;
    }

    /** @return null if it is no UTF-8 */
    static @Nullable String text(byte[] bytes) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException _) {
            return null;
        }
    }
}
