/** What a file of requests will cost, before any of it is sent. */
@NullMarked
package dev.halfrate.processor.estimate;

import org.jspecify.annotations.NullMarked;
