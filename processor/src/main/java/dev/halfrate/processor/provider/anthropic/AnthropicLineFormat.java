package dev.halfrate.processor.provider.anthropic;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.halfrate.processor.provider.LineFormat;
import dev.halfrate.processor.provider.UpstreamId;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One of a create's requests: custom_id and, as params, the body as its producer wrote it, but for a {@link CacheMark}. */
final class AnthropicLineFormat implements LineFormat {
    static final String ENDPOINT = "/v1/messages";

    private static final String BEFORE_ID = "{\"custom_id\":\"";
    private static final String BEFORE_BODY = "\",\"params\":";
    private static final int FRAME_BYTES = BEFORE_ID.length() + UpstreamId.BYTES + BEFORE_BODY.length() + END_BYTES;

    private final @Nullable CacheMark mark;

    /** @param mark null for none */
    AnthropicLineFormat(@Nullable CacheMark mark) {
        this.mark = mark;
    }

    @Override
    public int lineBytes(String endpoint, int bodyBytes) {
        if (!endpoint.equals(ENDPOINT)) {
            throw new IllegalArgumentException("endpoint " + endpoint);
        }
        return Math.addExact(FRAME_BYTES + (mark == null ? 0 : mark.bytesMax()), bodyBytes);
    }

    @Override
    public byte[] encode(UpstreamId id, String endpoint, ByteBuffer body) {
        if (!endpoint.equals(ENDPOINT)) {
            throw new IllegalArgumentException("endpoint " + endpoint);
        }
        var head = BEFORE_ID + id.text() + BEFORE_BODY;
        return LineFormat.frame(head.getBytes(US_ASCII), body, Math.addExact(FRAME_BYTES, body.remaining()));
    }

    @Override
    public int markedFrom() {
        return mark == null ? LineFormat.super.markedFrom() : mark.paysFrom();
    }

    @Override
    public ByteBuffer marked(ByteBuffer body) {
        return mark == null ? body : mark.in(body);
    }
}
