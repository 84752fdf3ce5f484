/** The commands of the terminal. Decisions stay out. */
@NullMarked
package dev.halfrate.processor.cli;

import org.jspecify.annotations.NullMarked;
