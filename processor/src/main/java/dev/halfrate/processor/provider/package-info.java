/** What the ledger worker may ask of a vendor. Kafka and retries stay out. */
@NullMarked
package dev.halfrate.processor.provider;

import org.jspecify.annotations.NullMarked;
