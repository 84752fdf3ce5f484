/** The schema registry: whatever is asked of it over HTTP, and what is remembered of its answers. No Kafka client enters. */
@NullMarked
package dev.halfrate.processor.registry;

import org.jspecify.annotations.NullMarked;
