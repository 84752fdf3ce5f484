package dev.halfrate.processor.codec;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What a prompt begins with, in the order in which vendors' caches read it: tools and system prompt as a whole, and of
 * the messages, where that is not long enough, the documents at their beginning, or no more than is wanted yet. Requests that begin alike may share what a cache holds.
 */
final class PromptPrefix {
    /** No vendor caches less than 1,024 tokens. */
    static final int BYTES = 4_096;

    private final MessageDigest digest;
    private int left = BYTES;

    PromptPrefix() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Adds the whole of the next part; from (inclusive) to until (exclusive). */
    void add(byte[] value, int from, int until) {
        digest.update(value, from, until - from);
        left = Math.max(0, left - (until - from));
    }

    /** Adds as much of the next part as is wanted yet. */
    void begin(byte[] value, int from, int until, LeadingDocuments documents) {
        if (left > 0 && documents.any() && (documents.referred() || documents.end() - from >= left)) {
            add(value, from, documents.end());
            left = 0;
        } else {
            add(value, from, Math.min(until, from + left));
        }
    }

    /** @return above 0; 0 if there was less than {@value #BYTES} bytes of it */
    long hash() {
        return left > 0 ? 0 : Math.max(1, ByteBuffer.wrap(digest.digest()).getLong() & Long.MAX_VALUE);
    }
}
