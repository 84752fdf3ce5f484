package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.List;

/**
 * The documents and images that the first of a request's messages begins with: what many requests may have in common
 * before each of them asks its own.
 *
 * @param end where the last of them has its closing brace; below 0 if there is none
 * @param referred whether one of them is a file or a URL, whose size its bytes do not show
 */
public record LeadingDocuments(int end, boolean referred) {
    public static final LeadingDocuments NONE = new LeadingDocuments(-1, false);

    public boolean any() {
        return end >= 0;
    }

    /**
     * @param messages at the value; afterwards at its end
     * @param json what is parsed
     */
    public static LeadingDocuments of(JsonParser messages, byte[] json) throws IOException {
        if (messages.currentToken() != JsonToken.START_ARRAY) {
            messages.skipChildren();
            return NONE;
        }
        var found = NONE;
        for (var first = true; messages.nextToken() != JsonToken.END_ARRAY; first = false) {
            if (first && messages.currentToken() == JsonToken.START_OBJECT) {
                found = ofMessage(messages, json);
            } else {
                messages.skipChildren();
            }
        }
        return found;
    }

    private static LeadingDocuments ofMessage(JsonParser message, byte[] json) throws IOException {
        var found = NONE;
        while (message.nextToken() == JsonToken.FIELD_NAME) {
            var content = message.currentName().equals("content");
            if (message.nextToken() == JsonToken.START_ARRAY && content) {
                found = ofContent(message, json);
            } else {
                message.skipChildren();
            }
        }
        return found;
    }

    private static LeadingDocuments ofContent(JsonParser blocks, byte[] json) throws IOException {
        var found = NONE;
        var leading = true;
        while (blocks.nextToken() != JsonToken.END_ARRAY) {
            if (!leading || blocks.currentToken() != JsonToken.START_OBJECT) {
                leading = false;
                blocks.skipChildren();
                continue;
            }
            var block = Block.read(blocks, json);
            leading = block.document;
            if (leading) {
                var end = Math.toIntExact(blocks.currentTokenLocation().getByteOffset());
                found = new LeadingDocuments(end, found.referred || block.referred);
            }
        }
        return found;
    }

    private record Block(boolean document, boolean referred) {
        /** @param block at its opening brace; afterwards at its closing one */
        static Block read(JsonParser block, byte[] json) throws IOException {
            var document = false;
            var referred = false;
            while (block.nextToken() == JsonToken.FIELD_NAME) {
                var name = block.currentName();
                block.nextToken();
                if (name.equals("type")) {
                    document = is(block, json, "document", "image");
                    block.skipChildren();
                } else if (name.equals("source") && block.currentToken() == JsonToken.START_OBJECT) {
                    referred = isReferred(block, json);
                } else {
                    block.skipChildren();
                }
            }
            return new Block(document, referred);
        }

        private static boolean isReferred(JsonParser source, byte[] json) throws IOException {
            var referred = false;
            while (source.nextToken() == JsonToken.FIELD_NAME) {
                var type = source.currentName().equals("type");
                source.nextToken();
                referred |= type && is(source, json, "file", "url");
                source.skipChildren();
            }
            return referred;
        }

        /** Compared as it is written, so that a long text is not decoded to see that it is none of these. */
        private static boolean is(JsonParser value, byte[] json, String... words) {
            var from = Math.toIntExact(value.currentTokenLocation().getByteOffset());
            return List.of(words).stream().anyMatch(word -> isAt(json, from, '"' + word + '"'));
        }

        private static boolean isAt(byte[] json, int from, String quoted) {
            var until = from + quoted.length();
            return until <= json.length && quoted.equals(new String(json, from, quoted.length(), US_ASCII));
        }
    }
}
