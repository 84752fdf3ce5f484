/** The life of one batch from sealing to its last result. Pure: no Kafka, HTTP, thread or clock enters. */
@NullMarked
package dev.halfrate.processor.batch;

import org.jspecify.annotations.NullMarked;
