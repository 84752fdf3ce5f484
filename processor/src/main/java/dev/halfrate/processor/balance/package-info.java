/** What was read, accepted and ended, and whether it adds up. Pure: values and their sums; no Kafka, HTTP, thread or clock enters. */
@NullMarked
package dev.halfrate.processor.balance;

import org.jspecify.annotations.NullMarked;
