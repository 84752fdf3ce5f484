/** Bytes of others, damaged in every way, for everything that reads them. */
@NullMarked
package dev.halfrate.processor.fuzz;

import org.jspecify.annotations.NullMarked;
