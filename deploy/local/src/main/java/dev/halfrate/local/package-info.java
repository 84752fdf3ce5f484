/** Broker, simulator and processor in one JVM, for the demo and for trying things out. */
@NullMarked
package dev.halfrate.local;

import org.jspecify.annotations.NullMarked;
