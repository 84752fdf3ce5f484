package dev.halfrate.processor.provider;

import java.nio.ByteBuffer;

/** How one request is written into a batch. Pure and deterministic: the same request gives the same bytes. */
public interface LineFormat {
    /** @return bytes of the encoded line, its line feed included, for a body of {@code bodyBytes} */
    int lineBytes(String endpoint, int bodyBytes);

    /**
     * Encodes one line. The body stays as it is but for line breaks between its tokens, which become spaces.
     *
     * @param body JSON object in UTF-8; its position is not changed
     * @return exactly {@link #lineBytes} bytes
     */
    byte[] encode(UpstreamId id, String endpoint, ByteBuffer body);
}
