/** The transactional loop that reads, checks and routes requests, or makes requests of events. No HTTP of ours enters. */
@NullMarked
package dev.halfrate.processor.intake;

import org.jspecify.annotations.NullMarked;
