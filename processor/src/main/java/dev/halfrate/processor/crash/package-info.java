/** Where a test may stop the process. Knows nothing of what happens there. */
@NullMarked
package dev.halfrate.processor.crash;

import org.jspecify.annotations.NullMarked;
