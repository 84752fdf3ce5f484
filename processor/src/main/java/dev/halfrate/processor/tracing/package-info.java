/** Spans of what is over. No vendor and no topic enters; what spans follow is decided without I/O, threads and clock. */
@NullMarked
package dev.halfrate.processor.tracing;

import org.jspecify.annotations.NullMarked;
