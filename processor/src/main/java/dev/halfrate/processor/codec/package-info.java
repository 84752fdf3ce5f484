/** Bytes of the public topics: requests in, results, batch events and dead letters out. No I/O enters. */
@NullMarked
package dev.halfrate.processor.codec;

import org.jspecify.annotations.NullMarked;
