/** An HTTP server that behaves like the vendors' batch APIs. Depends on nothing in the processor. */
@NullMarked
package dev.halfrate.simulator;

import org.jspecify.annotations.NullMarked;
