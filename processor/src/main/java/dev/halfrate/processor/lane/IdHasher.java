package dev.halfrate.processor.lane;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Makes ids of custom_ids. Cryptographic, because producers choose custom_ids and one who finds two with the
 * same hash could keep another's request from being answered. For one thread.
 */
public final class IdHasher {
    private final MessageDigest sha256;

    public IdHasher() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** @param content hash of the request's content, at least 8 bytes */
    public Id id(String pool, String customId, byte[] content) {
        sha256.update(pool.getBytes(UTF_8));
        // No pool's name has this byte, so no two pairs are written alike.
        sha256.update((byte) 0);
        var hash = ByteBuffer.wrap(sha256.digest(customId.getBytes(UTF_8)));
        return new Id(hash.getLong(), hash.getLong(), ByteBuffer.wrap(content).getLong());
    }
}
