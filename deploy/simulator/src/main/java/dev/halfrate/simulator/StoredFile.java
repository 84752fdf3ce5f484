package dev.halfrate.simulator;

import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A file as the vendor keeps it.
 *
 * @param number counts the files in the order they were stored
 * @param path where its bytes are
 */
record StoredFile(
        String id,
        long number,
        String account,
        String filename,
        String purpose,
        long bytes,
        Instant createdAt,
        @Nullable Instant expiresAt,
        Path path) {

    boolean expired(Instant now) {
        return expiresAt != null && !now.isBefore(expiresAt);
    }
}
