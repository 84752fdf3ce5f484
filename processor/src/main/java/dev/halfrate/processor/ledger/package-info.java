/** The shell around the batch room: one actor and one transactional producer per work partition. Vendors' wire formats stay out. */
@NullMarked
package dev.halfrate.processor.ledger;

import org.jspecify.annotations.NullMarked;
