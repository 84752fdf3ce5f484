/** Windows, limits, duplicates: what may be sealed into a batch and when. Pure: no Kafka, HTTP, thread or clock enters. */
@NullMarked
package dev.halfrate.processor.lane;

import org.jspecify.annotations.NullMarked;
