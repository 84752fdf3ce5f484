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

    private static final byte[] BEFORE_ID = "{\"custom_id\":\"".getBytes(US_ASCII);
    private static final byte[] BEFORE_URL = "\",\"method\":\"POST\",\"url\":\"".getBytes(US_ASCII);
    private static final byte[] BEFORE_BODY = "\",\"body\":".getBytes(US_ASCII);
    private static final byte[] END = "}\n".getBytes(US_ASCII);
    private static final int FRAME_BYTES =
            BEFORE_ID.length + UpstreamId.BYTES + BEFORE_URL.length + BEFORE_BODY.length + END.length;

    @Override
    public int lineBytes(String endpoint, int bodyBytes) {
        return Math.addExact(FRAME_BYTES + known(endpoint).length(), bodyBytes);
    }

    @Override
    public byte[] encode(UpstreamId id, String endpoint, ByteBuffer body) {
        var bodyBytes = body.remaining();
        var line = ByteBuffer.allocate(lineBytes(endpoint, bodyBytes))
                .put(BEFORE_ID)
                .put(id.text().getBytes(US_ASCII))
                .put(BEFORE_URL)
                .put(endpoint.getBytes(US_ASCII))
                .put(BEFORE_BODY);
        var bodyAt = line.position();
        line.put(body.duplicate()).put(END);
        var bytes = line.array();
        for (var i = bodyAt; i < bodyAt + bodyBytes; i++) {
            if (bytes[i] == '\n' || bytes[i] == '\r') {
                bytes[i] = ' '; // JSON allows no raw one inside a string, so this one stands between tokens
            }
        }
        return bytes;
    }

    private static String known(String endpoint) {
        if (!ENDPOINTS.contains(endpoint)) {
            throw new IllegalArgumentException("endpoint " + endpoint);
        }
        return endpoint;
    }
}
