package dev.halfrate.processor.codec;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a prompt begins with, in the order in which vendors' caches read it: tools and system prompt as a whole, and of
 * the messages, where that is not long enough, the documents at their beginning, or no more than is wanted yet. Requests that begin alike may share what a cache holds.
 */
final class PromptPrefix {
    /** No vendor caches less than 1,024 tokens. */
    static final int BYTES = 4_096;

    private final byte[] value;
    private final List<Slice> parts = new ArrayList<>();
    private int left = BYTES;

    PromptPrefix(byte[] value) {
        this.value = value;
    }

    /** Adds the whole of the next part; from (inclusive) to until (exclusive). */
    void add(int from, int until) {
        parts.add(new Slice(from, until - from));
        left = Math.max(0, left - (until - from));
    }

    /** Adds as much of the next part as is wanted yet. */
    void begin(int from, int until, LeadingDocuments documents) {
        if (left > 0 && documents.any() && (documents.referred() || documents.end() - from >= left)) {
            add(from, documents.end());
            left = 0;
        } else {
            add(from, Math.min(until, from + left));
        }
    }

    /** @return above 0; 0 if there was less than {@value #BYTES} bytes of it */
    long hash() {
        if (left > 0) {
            return 0;
        }
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            parts.forEach(part -> digest.update(value, part.from(), part.bytes()));
            return Math.max(1, ByteBuffer.wrap(digest.digest()).getLong() & Long.MAX_VALUE);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
