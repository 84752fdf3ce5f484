package dev.halfrate.processor.codec;

import org.apache.kafka.common.header.Headers;

/** How values of one kind are written. Safe for use by many threads. */
@FunctionalInterface
public interface ValueFormat<T> {
    /** @param headers of the record, for formats that say something there */
    byte[] encode(String topic, Headers headers, T value);
}
