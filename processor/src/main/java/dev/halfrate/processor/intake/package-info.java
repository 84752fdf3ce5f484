/** The transactional loop that reads, checks and routes requests. No HTTP enters. */
@NullMarked
package dev.halfrate.processor.intake;

import org.jspecify.annotations.NullMarked;
