package dev.halfrate.processor.provider;

import java.nio.ByteBuffer;

/** How one request is written into a batch. Pure and deterministic: the same request gives the same bytes. */
public interface LineFormat {
    /** @return bytes of the encoded line at most, its line feed included, for a body of {@code bodyBytes} */
    int lineBytes(String endpoint, int bodyBytes);

    /**
     * Encodes one line. The body stays as it is but for line breaks between its tokens, which become spaces.
     *
     * @param body JSON object in UTF-8; its position is not changed
     * @return no more than {@link #lineBytes} bytes
     */
    byte[] encode(UpstreamId id, String endpoint, ByteBuffer body);

    /** @return how many requests of a batch must begin alike so that they are encoded with a mark; never, if there is no such */
    default int markedFrom() {
        return Integer.MAX_VALUE;
    }

    /** @return a body whose prompt's beginning is marked to be cached, if it can be; else the same */
    default ByteBuffer marked(ByteBuffer body) {
        return body;
    }

    /** Bytes that {@link #frame} puts behind the body. */
    int END_BYTES = 2;

    /**
     * Puts a body into its line.
     *
     * @param head all that stands before the body
     * @param lineBytes of the whole line, which ends in a brace and a line feed
     */
    static byte[] frame(byte[] head, ByteBuffer body, int lineBytes) {
        var line = ByteBuffer.allocate(lineBytes).put(head).put(body.duplicate());
        var bytes = line.array();
        for (var i = head.length; i < line.position(); i++) {
            if (bytes[i] == '\n' || bytes[i] == '\r') {
                bytes[i] = ' '; // JSON allows no raw one inside a string, so this one stands between tokens
            }
        }
        line.put((byte) '}').put((byte) '\n');
        return bytes;
    }
}
