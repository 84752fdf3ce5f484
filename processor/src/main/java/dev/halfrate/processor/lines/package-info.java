/** Files of lines: read byte for byte, written whole; and whether bytes are UTF-8. What the lines hold is not known here. */
@NullMarked
package dev.halfrate.processor.lines;

import org.jspecify.annotations.NullMarked;
