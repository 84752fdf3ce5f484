/** Files of lines: read byte for byte, written whole. What the lines hold is not known here. */
@NullMarked
package dev.halfrate.processor.lines;

import org.jspecify.annotations.NullMarked;
