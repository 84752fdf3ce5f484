package dev.halfrate.processor.ledger;

import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.Source;
import java.time.Instant;

/**
 * One request of a sealed batch.
 *
 * @param item its number in the batch
 */
public record ManifestItem(int item, Source source, Ref ref) {
    boolean lifeOver(Instant now) {
        return ref.getExpiresAt() <= now.toEpochMilli();
    }
}
