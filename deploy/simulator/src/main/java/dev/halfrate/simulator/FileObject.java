package dev.halfrate.simulator;

import org.jspecify.annotations.Nullable;

/** A file on the wire. */
record FileObject(
        String id,
        String object,
        long bytes,
        long createdAt,
        @Nullable Long expiresAt,
        String filename,
        String purpose,
        String status,
        @Nullable String statusDetails) {

    record Deleted(String id, String object, boolean deleted) {}

    static FileObject of(StoredFile file) {
        return new FileObject(
                file.id(),
                "file",
                file.bytes(),
                file.createdAt().getEpochSecond(),
                file.expiresAt() == null ? null : file.expiresAt().getEpochSecond(),
                file.filename(),
                file.purpose(),
                "processed",
                null);
    }
}
