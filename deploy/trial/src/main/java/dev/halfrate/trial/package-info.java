/** Proves the promises with real processes. Knows the processor from outside only: its topics, its logs, its crash points. */
@NullMarked
package dev.halfrate.trial;

import org.jspecify.annotations.NullMarked;
