/** Requests that are sent one by one: how fast, how often, and what is remembered of them. Kafka and HTTP stay out. */
@NullMarked
package dev.halfrate.processor.call;

import org.jspecify.annotations.NullMarked;
