package dev.halfrate.processor.codec;

import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A text as a JSON value, and back. */
final class JsonTexts {
    private JsonTexts() {}

    /** @throws MalformedRecordException if {@code json} is no text */
    static String decode(byte[] json) {
        try (var parser = JsonRecord.JSON.createParser(json)) {
            if (parser.nextToken() != JsonToken.VALUE_STRING) {
                throw new MalformedRecordException("not a text");
            }
            return parser.getText();
        } catch (IOException e) {
            throw new MalformedRecordException("not valid JSON");
        }
    }

    static byte[] encode(String text) {
        var out = new ByteArrayOutputStream();
        try (var json = JsonRecord.JSON.createGenerator(out)) {
            var utf8 = text.getBytes(StandardCharsets.UTF_8);
            json.writeUTF8String(utf8, 0, utf8.length);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return out.toByteArray();
    }
}
