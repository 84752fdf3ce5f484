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

    private static final String BEFORE_ID = "{\"custom_id\":\"";
    private static final String BEFORE_URL = "\",\"method\":\"POST\",\"url\":\"";
    private static final String BEFORE_BODY = "\",\"body\":";
    private static final int FRAME_BYTES =
            BEFORE_ID.length() + UpstreamId.BYTES + BEFORE_URL.length() + BEFORE_BODY.length() + END_BYTES;

    @Override
    public int lineBytes(String endpoint, int bodyBytes) {
        return Math.addExact(FRAME_BYTES + known(endpoint).length(), bodyBytes);
    }

    @Override
    public byte[] encode(UpstreamId id, String endpoint, ByteBuffer body) {
        var head = BEFORE_ID + id.text() + BEFORE_URL + endpoint + BEFORE_BODY;
        return LineFormat.frame(head.getBytes(US_ASCII), body, lineBytes(endpoint, body.remaining()));
    }

    private static String known(String endpoint) {
        if (!ENDPOINTS.contains(endpoint)) {
            throw new IllegalArgumentException("endpoint " + endpoint);
        }
        return endpoint;
    }
}
