package dev.halfrate.processor.source;

import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Reads events as what templates see: maps, lists, texts, {@link Long}, {@link java.math.BigDecimal}, {@link Boolean} and
 * null. One thread.
 */
public interface EventDecoder extends AutoCloseable {
    /**
     * @throws dev.halfrate.processor.codec.UnusableValueException if nothing can be made of it; the message does not
     *     quote it
     * @throws org.apache.kafka.common.KafkaException if somebody who is needed does not answer: it is to be tried again
     */
    Map<String, @Nullable Object> value(String topic, Headers headers, byte[] value);

    /** @return an object if it is one, or else a text; null if it is neither */
    @Nullable
    Object key(String topic, Headers headers, byte[] key);

    @Override
    void close();
}
