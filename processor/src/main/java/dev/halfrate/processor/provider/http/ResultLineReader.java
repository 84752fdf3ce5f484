package dev.halfrate.processor.provider.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.halfrate.processor.lines.Utf8;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultLine.Answered;
import dev.halfrate.processor.provider.ResultLine.Corrupt;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one line of a result file, or the answer to a single call, in one pass, whatever the order of its keys. The body
 * of the answer is cut out as it stands; only its usage and error are looked at. A vendor's reader knows the keys.
 */
public abstract class ResultLineReader {
    /** Deeper than any answer, shallow enough for any heap. */
    private static final int NESTING_MAX = 10_000;

    /** Of the few strings that are read at all; those in bodies are skipped. */
    private static final int STRING_MAX = 8 << 20;

    /** Sums of as many as a batch has still fit. */
    private static final long COUNT_MAX = 100_000_000L;

    private static final int ID_MAX = 512;
    private static final int CODE_MAX = 100;
    private static final int MESSAGE_MAX = 2_000;

    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW) // or one line's keys could cost another line
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(NESTING_MAX)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(STRING_MAX)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /** What is wrong with a line that is JSON; the message is ours. */
    protected static final class OddLineException extends IOException {
        private static final long serialVersionUID = 1L;

        public OddLineException(String message) {
            super(message);
        }
    }

    /** What an error object says. */
    protected record VendorError(
            @Nullable String code,
            @Nullable String type,
            @Nullable String message) {
        public static final VendorError NONE = new VendorError(null, null, null);
    }

    /** What is done with one key's value, which is the current one. */
    @FunctionalInterface
    protected interface Field {
        void read(String name) throws IOException;
    }

    /** Makes a vendor's reader. */
    @FunctionalInterface
    protected interface Vendor {
        ResultLineReader reader(Source source);
    }

    /**
     * What is read.
     *
     * @param texts whether errors are read, too, rather than skipped
     */
    protected record Source(byte[] line, JsonParser json, boolean texts) {}

    protected final JsonParser json;
    private final byte[] line;
    private final boolean texts;
    private final Set<String> seen = new HashSet<>();
    private @Nullable String customId;

    protected ResultLineReader(Source source) {
        this.line = source.line;
        this.json = source.json;
        this.texts = source.texts;
    }

    /** @return {@link Corrupt} for whatever cannot be read; nothing is thrown */
    protected static ResultLine read(long number, byte[] line, int length, Vendor vendor) {
        try {
            return read(line, length, vendor, ResultLineReader::readLine, true);
        } catch (OddLineException e) {
            return new Corrupt(number, String.valueOf(e.getMessage()));
        } catch (IOException _) {
            return new Corrupt(number, "not JSON");
        }
    }

    /** @return the answer to a single call, with an empty id; empty if its body is not one JSON object */
    protected static Optional<Answered> readAnswer(int status, byte[] body, Vendor vendor) {
        try {
            return Optional.of(read(body, body.length, vendor, reader -> reader.readAnswer(status), true));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** What is read. */
    @FunctionalInterface
    private interface Whole<T> {
        T from(ResultLineReader reader) throws IOException;
    }

    private static <T> T read(byte[] line, int length, Vendor vendor, Whole<T> whole, boolean texts)
            throws IOException {
        try (var json = JSON.createParser(line, 0, length)) {
            return whole.from(vendor.reader(new Source(line, json, texts)));
        } catch (StreamConstraintsException e) {
            if (texts) {
                return read(line, length, vendor, whole, false); // an endless message costs the message, not the line
            }
            throw e;
        }
    }

    /** @param head the beginning of a line */
    static Optional<String> customIdOf(byte[] head) {
        try (var json = JSON.createParser(head)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                var found = json.currentName().equals("custom_id");
                if (json.nextToken() == JsonToken.VALUE_STRING && found) {
                    return Optional.of(json.getText()).filter(ResultLineReader::usable);
                }
                json.skipChildren();
            }
        } catch (IOException _) {
            // the end of the head
        }
        return Optional.empty();
    }

    private static boolean usable(String customId) {
        return !customId.isEmpty() && customId.length() <= ID_MAX;
    }

    /** Reads or skips the value of a key of the line, other than custom_id. */
    protected abstract void readField(String name) throws IOException;

    /** Called at the end of the line. */
    protected abstract ResultLine result(String upstreamId) throws OddLineException;

    /** Reads the current value, the body of an answer to a single call. */
    protected abstract Answered answer(int status) throws IOException;

    private Answered readAnswer(int status) throws IOException {
        begin();
        var answer = answer(status);
        end();
        return answer;
    }

    private void begin() throws IOException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw new OddLineException("not an object");
        }
    }

    private void end() throws IOException {
        if (json.nextToken() != null) {
            throw new OddLineException("more than one value");
        }
    }

    private ResultLine readLine() throws IOException {
        begin();
        fields(name -> {
            if (name.equals("custom_id")) {
                customId = text(name);
            } else {
                readField(name);
            }
        });
        end();
        if (customId == null || !usable(customId)) {
            throw new OddLineException("no usable custom_id");
        }
        return result(customId);
    }

    /** Goes through the current object. */
    protected final void fields(Field field) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            var name = json.currentName();
            json.nextToken();
            field.read(name);
        }
    }

    /** Goes through the current value and returns its bytes; {@code field} is asked only if it is an object. */
    protected final byte[] cutOut(Field field) throws IOException {
        var from = json.currentTokenLocation().getByteOffset();
        if (json.isExpectedStartObjectToken()) {
            fields(field);
        } else if (!json.hasToken(JsonToken.VALUE_STRING)) {
            json.skipChildren();
            json.finishToken();
        }
        var to = json.hasToken(JsonToken.VALUE_STRING)
                ? endOfString(from)
                : json.currentLocation().getByteOffset();
        if (from < 0 || to <= from) {
            throw new OddLineException("not UTF-8"); // the parser counts bytes of no other encoding
        }
        var bytes = Arrays.copyOfRange(line, (int) from, (int) to);
        // The parser lets pass what is too long, half a pair or beyond Unicode, where it only skips.
        if (Utf8.wellFormed(bytes, 0, bytes.length) < bytes.length) {
            throw new OddLineException("not UTF-8");
        }
        return bytes;
    }

    /** The parser would hold all of it; it has yet to come past, and complains if this runs beyond the line. */
    private long endOfString(long quote) {
        var at = quote < 0 ? line.length : (int) quote + 1;
        while (at < line.length && line[at] != '"') {
            at += line[at] == '\\' ? 2 : 1;
        }
        return Math.min(at + 1, line.length);
    }

    /** An error object, or its bare text as some servers write it. */
    protected final VendorError readError() throws IOException {
        if (texts && json.hasToken(JsonToken.VALUE_STRING)) {
            return new VendorError(null, null, shortened(json.getText(), MESSAGE_MAX));
        }
        if (!json.isExpectedStartObjectToken()) {
            json.skipChildren();
            return VendorError.NONE;
        }
        String code = null;
        String type = null;
        String message = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            var name = json.currentName();
            var value = json.nextToken();
            if (!texts || value != JsonToken.VALUE_STRING) {
                json.skipChildren();
                continue;
            }
            switch (name) {
                case "code" -> code = shortened(json.getText(), CODE_MAX);
                case "type" -> type = shortened(json.getText(), CODE_MAX);
                case "message" -> message = shortened(json.getText(), MESSAGE_MAX);
                default -> {}
            }
        }
        return new VendorError(code, type, message);
    }

    /** @return null if the current value is no text */
    protected final @Nullable String text(String key) throws IOException {
        once(key);
        if (!json.hasToken(JsonToken.VALUE_STRING)) {
            json.skipChildren();
            return null;
        }
        return json.getText();
    }

    /** @return -1 for what is no whole number of a sensible size */
    protected final long count() throws IOException {
        if (!json.hasToken(JsonToken.VALUE_NUMBER_INT)) {
            json.skipChildren();
            return -1;
        }
        try {
            var value = json.getLongValue();
            return value > COUNT_MAX ? -1 : Math.max(-1, value);
        } catch (InputCoercionException _) {
            return -1;
        }
    }

    /** Two parsers would read a repeated key differently, and one of them would take another request's answer. */
    protected final void once(String key) throws OddLineException {
        if (!seen.add(key)) {
            throw new OddLineException("repeated key");
        }
    }

    private static String shortened(String text, int max) {
        if (text.length() <= max) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(max - 1)) ? max - 1 : max);
    }
}
