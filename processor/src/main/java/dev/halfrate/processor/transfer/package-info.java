/** What users send and fetch at a terminal: requests to their topic, results from theirs. No consumer group, and nothing of the pipeline's state. */
@NullMarked
package dev.halfrate.processor.transfer;

import org.jspecify.annotations.NullMarked;
