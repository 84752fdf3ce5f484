/** Kafka's own clients with what we need beside. Nobody in here knows what a record means. */
@NullMarked
package dev.halfrate.processor.kafka;

import org.jspecify.annotations.NullMarked;
