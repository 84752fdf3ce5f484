/** Runs the real actor and lifecycle over a virtual clock, log, vendor and lane. Threads and I/O stay out. */
@NullMarked
package dev.halfrate.processor.simulation;

import org.jspecify.annotations.NullMarked;
