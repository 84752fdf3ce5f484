package dev.halfrate.processor.tracing;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Ids that depend on nothing but their names, so that every process gives a span the same one without asking another. */
final class SpanIds {
    private static final int TRACE_BYTES = 16;
    private static final int SPAN_BYTES = 8;

    private SpanIds() {}

    static String trace(String... names) {
        return HexFormat.of().formatHex(hash(names), 0, TRACE_BYTES);
    }

    static String span(String... names) {
        return HexFormat.of().formatHex(hash(names), TRACE_BYTES, TRACE_BYTES + SPAN_BYTES);
    }

    /** Never all zeros for any name that somebody will ever find. */
    private static byte[] hash(String... names) {
        try {
            var hash = MessageDigest.getInstance("SHA-256");
            for (var name : names) {
                hash.update(name.getBytes(StandardCharsets.UTF_8));
                hash.update((byte) 0);
            }
            return hash.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
