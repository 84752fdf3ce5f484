/** Makes requests of other people's events by templates. Pebble stays in here; no clients of Kafka enter. */
@NullMarked
package dev.halfrate.processor.source;

import org.jspecify.annotations.NullMarked;
