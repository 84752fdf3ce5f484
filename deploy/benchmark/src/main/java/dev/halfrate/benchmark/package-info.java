/**
 * Measures what the processor costs, side by side with what it could cost at best. Everything that is measured is a process
 * of its own; this one only gives them work and looks at the clock.
 */
@NullMarked
package dev.halfrate.benchmark;

import org.jspecify.annotations.NullMarked;
