package dev.halfrate.processor.codec;

import org.jspecify.annotations.Nullable;

/**
 * A record that no result can answer, with where it came from. The raw bytes are the value; what is known
 * about it are headers, which never quote it.
 *
 * @param message says what to change
 * @param key, value the source record's bytes; value is null where only its coordinates are at hand
 * @param customId null if it could not be read
 * @param replays how often it was sent again before
 */
public record DeadLetter(
        Reason reason,
        String message,
        String topic,
        String topicId,
        int partition,
        long offset,
        long timestamp,
        byte @Nullable [] key,
        byte @Nullable [] value,
        @Nullable String customId,
        @Nullable String traceparent,
        int replays) {

    /** The closed list of reasons. */
    public enum Reason {
        /** Not a JSON document, or not one that every parser reads alike; or not what its Avro schema says. */
        DECODE,
        /** Nothing but white space. */
        EMPTY,
        /** JSON, but not an object. */
        NOT_AN_OBJECT,
        /** No custom_id, or one that is not a text of 1 to 512 characters. */
        CUSTOM_ID,
        /** A header that asks for something other than a request, and nobody knows what. */
        COMMAND,
        /** Another content under a custom_id that is in flight. */
        ID_CONFLICT,
        /** An event of which its source's template makes no request. */
        TEMPLATE,
        /** The registry has no schema by the name in the value. */
        SCHEMA_UNKNOWN,
        /** A schema that no request can be read with. */
        SCHEMA_INCOMPATIBLE
    }
}
