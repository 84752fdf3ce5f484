/** Tokens, prices, costs. Pure: no Kafka, HTTP, thread or clock enters. */
@NullMarked
package dev.halfrate.processor.money;

import org.jspecify.annotations.NullMarked;
