package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** Tells a repeated request from a conflicting one, and a body that changed since it was read. */
public final class ContentHash {
    public static final int BYTES = 16;

    private ContentHash() {}

    /**
     * @param body its position is not changed
     * @return the first {@value #BYTES} bytes of the SHA-256 of endpoint, a zero byte and body
     */
    public static byte[] of(String endpoint, ByteBuffer body) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(endpoint.getBytes(UTF_8));
            digest.update((byte) 0);
            digest.update(body.duplicate());
            return Arrays.copyOf(digest.digest(), BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
