package dev.halfrate.processor.topology;

import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** A record of a public topic, encoded. */
public record PublicRecord(byte @Nullable [] key, byte @Nullable [] value, Headers headers) {}
