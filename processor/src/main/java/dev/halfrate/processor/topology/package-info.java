/** The Kafka Streams shell around the lane room. Decisions belong in lane, side effects in ledger. */
@NullMarked
package dev.halfrate.processor.topology;

import org.jspecify.annotations.NullMarked;
