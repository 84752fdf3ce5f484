package dev.halfrate.processor.call;

import dev.halfrate.processor.codec.ContentHash;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * One request of the file.
 *
 * @param line its number, from 1
 * @param endpoint path, e.g. /v1/chat/completions
 * @param body to be sent as it is
 */
public record CallRequest(long line, String customId, String endpoint, String model, byte[] body) {
    /** @return in hexadecimal; tells another request under the same custom_id */
    String hash() {
        return HexFormat.of().formatHex(ContentHash.of(endpoint, ByteBuffer.wrap(body)));
    }
}
