/** The wiring diagram. Decisions stay in the packages below. */
@NullMarked
package dev.halfrate.processor;

import org.jspecify.annotations.NullMarked;
