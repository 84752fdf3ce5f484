package dev.halfrate.processor.provider.anthropic;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.halfrate.processor.codec.LeadingDocuments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Marks the end of what requests have in common, so that the vendor caches it: the system prompt, or the tools where there is
 * none; where these are short, the documents that the first message begins with. A body that has a mark of its own stays as it is, and so does one that has too little to be cached. Everything
 * else in a body stays byte for byte. Deterministic; source: the vendor's page on prompt caching.
 */
enum CacheMark {
    FIVE_MINUTES("{\"type\":\"ephemeral\"}", 2),
    /** To write for an hour costs twice the price of input, to read a tenth: from three requests on it pays. */
    HOUR("{\"type\":\"ephemeral\",\"ttl\":\"1h\"}", 3);

    /** Nothing below 1,024 tokens is cached. */
    static final int COMMON_BYTES_MIN = 4_096;

    /** Longer texts are not looked into. */
    private static final int SHORT = 100;

    private static final String KEY = "cache_control";
    private static final byte[] BLOCK = "[{\"type\":\"text\",\"text\":".getBytes(US_ASCII);

    /** Bodies were read before, within closer limits. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(Integer.MAX_VALUE)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final String insideObject;
    private final String behindText;
    private final int paysFrom;

    CacheMark(String mark, int paysFrom) {
        this.insideObject = ",\"cache_control\":" + mark;
        this.behindText = insideObject + "}]";
        this.paysFrom = paysFrom;
    }

    /** @return how many requests must share it so that marking it does not lose money at best */
    int paysFrom() {
        return paysFrom;
    }

    /** @return by how much a body becomes longer at most */
    int bytesMax() {
        return BLOCK.length + behindText.length();
    }

    /** @param body JSON object in UTF-8; its position is not changed */
    ByteBuffer in(ByteBuffer body) {
        var bytes = new byte[body.remaining()];
        body.duplicate().get(bytes);
        try (var parser = JSON.createParser(bytes)) {
            var places = new Places(parser);
            return places.marked || places.emptySystem || places.deferred ? body : insert(bytes, places);
        } catch (IOException e) {
            throw new UncheckedIOException("a body that was read before", e);
        }
    }

    private ByteBuffer insert(byte[] body, Places places) throws IOException {
        var system = places.system;
        var place = system == null ? places.tools : system;
        if (places.commonBytes() < COMMON_BYTES_MIN) {
            return insertBehindDocuments(body, COMMON_BYTES_MIN - places.commonBytes());
        } else if (place == null) {
            return ByteBuffer.wrap(body);
        } else if (system != null && system.text) {
            return ByteBuffer.allocate(body.length + BLOCK.length + behindText.length())
                    .put(body, 0, system.from)
                    .put(BLOCK)
                    .put(body, system.from, system.length())
                    .put(behindText.getBytes(US_ASCII))
                    .put(body, system.until, body.length - system.until)
                    .flip();
        }
        return place.lastObjectEnd < 0 ? ByteBuffer.wrap(body) : insideObject(body, place.lastObjectEnd);
    }

    /** @param bytesMin of messages up to there, unless their size is not to be seen */
    private ByteBuffer insertBehindDocuments(byte[] body, int bytesMin) throws IOException {
        try (var parser = JSON.createParser(body)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var messages = parser.currentName().equals("messages");
                parser.nextToken();
                if (messages) {
                    var begin = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
                    var documents = LeadingDocuments.of(parser, body);
                    return documents.any() && (documents.referred() || documents.end() - begin >= bytesMin)
                            ? insideObject(body, documents.end())
                            : ByteBuffer.wrap(body);
                }
                parser.skipChildren();
            }
        }
        return ByteBuffer.wrap(body);
    }

    /** @param end where an object with something in it has its closing brace */
    private ByteBuffer insideObject(byte[] body, int end) {
        return ByteBuffer.allocate(body.length + insideObject.length())
                .put(body, 0, end)
                .put(insideObject.getBytes(US_ASCII))
                .put(body, end, body.length - end)
                .flip();
    }

    /**
     * A parameter's value.
     *
     * @param text whether it is a text, and not a list
     * @param lastObjectEnd where the closing brace of its last element is; below 0 if that is no object with something in it
     */
    private record Place(int from, int until, boolean text, int lastObjectEnd) {
        int length() {
            return until - from;
        }
    }

    /** One pass over a body. */
    private static final class Places {
        private @Nullable Place system;
        private @Nullable Place tools;
        private boolean marked;
        private boolean emptySystem;
        /** Whether a tool is not read before it is asked for, which must not be marked. */
        private boolean deferred;

        Places(JsonParser parser) throws IOException {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var name = parser.currentName();
                marked |= name.equals(KEY);
                parser.nextToken();
                var place = read(parser);
                if (name.equals("system")) {
                    system = place;
                    emptySystem = place.text
                            && place.length() < SHORT
                            && parser.getText().isBlank();
                } else if (name.equals("tools")) {
                    tools = place;
                }
            }
        }

        int commonBytes() {
            return (system == null ? 0 : system.length()) + (tools == null ? 0 : tools.length());
        }

        private Place read(JsonParser parser) throws IOException {
            var from = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
            var first = parser.currentToken();
            var lastObjectEnd = -1;
            if (first.isStructStart()) {
                var depth = 1;
                var filled = false;
                while (depth > 0) {
                    var token = parser.nextToken();
                    if (token == JsonToken.FIELD_NAME) {
                        filled = true;
                        marked |= parser.currentName().equals(KEY);
                        deferred |= depth == 2 && parser.currentName().equals("defer_loading");
                    } else if (token.isStructStart()) {
                        depth++;
                        filled = depth > 2 && filled;
                    } else if (token.isStructEnd()) {
                        depth--;
                        if (depth == 1) {
                            lastObjectEnd = filled && token == JsonToken.END_OBJECT
                                    ? Math.toIntExact(
                                            parser.currentTokenLocation().getByteOffset())
                                    : -1;
                        }
                    } else if (depth == 1) {
                        lastObjectEnd = -1;
                    }
                }
            } else {
                parser.finishToken();
            }
            var until = Math.toIntExact(parser.currentLocation().getByteOffset());
            return new Place(from, until, first == JsonToken.VALUE_STRING, lastObjectEnd);
        }
    }
}
