package dev.halfrate.processor.provider.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.halfrate.processor.provider.LineFormat;
import dev.halfrate.processor.provider.UpstreamId;
import java.nio.ByteBuffer;
import java.util.Set;

/** A line of an input file: custom_id, method, url and the body as its producer wrote it. */
final class OpenAiLineFormat implements LineFormat {
    static final Set<String> ENDPOINTS = Set.of(
            "/v1/chat/completions",
            "/v1/completions",
            "/v1/embeddings",
            "/v1/images/edits",
            "/v1/images/generations",
            "/v1/moderations",
            "/v1/responses",
            "/v1/videos");

    private static final String FRAME = "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"%s\",\"body\":";
    private static final int FRAME_BYTES = FRAME.length() - "%s%s".length() + UpstreamId.BYTES + END_BYTES;

    @Override
    public int lineBytes(String endpoint, int bodyBytes) {
        return Math.addExact(FRAME_BYTES + known(endpoint).length(), bodyBytes);
    }

    @Override
    public byte[] encode(UpstreamId id, String endpoint, ByteBuffer body) {
        return LineFormat.frame(
                FRAME.formatted(id.text(), endpoint).getBytes(US_ASCII), body, lineBytes(endpoint, body.remaining()));
    }

    private static String known(String endpoint) {
        if (!ENDPOINTS.contains(endpoint)) {
            throw new IllegalArgumentException("endpoint " + endpoint);
        }
        return endpoint;
    }
}
