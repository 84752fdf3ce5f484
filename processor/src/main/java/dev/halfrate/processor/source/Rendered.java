package dev.halfrate.processor.source;

import dev.halfrate.processor.codec.DeadLetter;
import org.apache.kafka.common.header.Headers;

/** What a source made of an event. */
public sealed interface Rendered {
    /**
     * A request, as intake takes it.
     *
     * @param value one line of JSON
     * @param headers that say what the request wishes
     */
    record Request(String customId, byte[] value, Headers headers) implements Rendered {
        @Override
        public String toString() {
            return "Request[%s, %d bytes]".formatted(customId, value.length);
        }
    }

    /** The source's condition does not take it. */
    record Skipped() implements Rendered {}

    /** Nobody can say now how it is to be read: it has to come again. */
    record Pending() implements Rendered {}

    /**
     * Nothing.
     *
     * @param message says what to change, and quotes nothing of the event
     */
    record Unusable(DeadLetter.Reason reason, String message) implements Rendered {}
}
