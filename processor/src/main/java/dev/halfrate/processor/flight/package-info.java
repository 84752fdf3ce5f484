/** What JDK Flight Recorder shows of the service's work: sizes and counts, no texts. Costs next to nothing while nobody records. */
@NullMarked
package dev.halfrate.processor.flight;

import org.jspecify.annotations.NullMarked;
