package dev.halfrate.processor.provider.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultLine.Answered;
import dev.halfrate.processor.provider.ResultLine.Cause;
import dev.halfrate.processor.provider.ResultLine.Corrupt;
import dev.halfrate.processor.provider.ResultLine.LineError;
import dev.halfrate.processor.provider.ResultLine.NotExecuted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads one line of a result file in one pass, whatever the order of its keys. The body of the answer is cut out as it
 * stands; only its usage and error are looked at.
 */
final class ResultLineReader {
    /** Deeper than any answer, shallow enough for any heap. */
    private static final int NESTING_MAX = 10_000;

    /** Of the few strings that are read at all; those in bodies are skipped. */
    private static final int STRING_MAX = 8 << 20;

    /** Sums of as many as a batch has still fit. */
    private static final long COUNT_MAX = 1_000_000_000_000L;

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

    private enum Key {
        CUSTOM_ID,
        RESPONSE,
        ERROR,
        STATUS_CODE,
        BODY
    }

    /** What is wrong with a line that is JSON; the message is ours. */
    private static final class OddLineException extends IOException {
        private static final long serialVersionUID = 1L;

        OddLineException(String message) {
            super(message);
        }
    }

    private record VendorError(
            @Nullable String code, @Nullable String message) {
        static final VendorError NONE = new VendorError(null, null);
    }

    private final byte[] line;
    private final JsonParser json;
    private final boolean texts;
    private final EnumSet<Key> seen = EnumSet.noneOf(Key.class);

    private @Nullable String customId;
    private boolean executed;
    private int status;
    private @Nullable VendorError error;
    private byte @Nullable [] body;
    private @Nullable Usage usage;
    private VendorError bodyError = VendorError.NONE;

    private ResultLineReader(byte[] line, JsonParser json, boolean texts) {
        this.line = line;
        this.json = json;
        this.texts = texts;
    }

    /** @return {@link Corrupt} for whatever cannot be read; nothing is thrown */
    static ResultLine read(long number, byte[] line, int length) {
        try {
            return read(line, length, true);
        } catch (OddLineException e) {
            return new Corrupt(number, String.valueOf(e.getMessage()));
        } catch (IOException _) {
            return new Corrupt(number, "not JSON");
        }
    }

    private static ResultLine read(byte[] line, int length, boolean texts) throws IOException {
        try (var json = JSON.createParser(line, 0, length)) {
            return new ResultLineReader(line, json, texts).read();
        } catch (StreamConstraintsException e) {
            if (texts) {
                return read(line, length, false); // an endless message costs the message, not the line
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

    private ResultLine read() throws IOException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw new OddLineException("not an object");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            var name = json.currentName();
            json.nextToken();
            switch (name) {
                case "custom_id" -> customId = text(Key.CUSTOM_ID);
                case "response" -> readResponse();
                case "error" -> {
                    once(Key.ERROR);
                    error = json.hasToken(JsonToken.VALUE_NULL) ? null : readError();
                }
                default -> json.skipChildren();
            }
        }
        if (json.nextToken() != null) {
            throw new OddLineException("more than one value");
        }
        return result();
    }

    private ResultLine result() throws OddLineException {
        if (customId == null || !usable(customId)) {
            throw new OddLineException("no usable custom_id");
        }
        if (executed) {
            return answered(customId);
        }
        if (error == null) {
            throw new OddLineException("neither response nor error");
        }
        var code = error.code == null ? "unknown" : error.code;
        var cause = switch (code) {
            case "batch_expired" -> Cause.EXPIRED;
            case "batch_cancelled", "batch_canceled" -> Cause.CANCELLED;
            default -> Cause.OTHER;
        };
        return new NotExecuted(
                customId, cause, new LineError(code, error.message == null ? code : error.message, false));
    }

    private Answered answered(String id) throws OddLineException {
        if (status < 100 || status > 999) {
            throw new OddLineException("no usable status_code");
        }
        if (status >= 200 && status < 300) {
            if (body == null) {
                throw new OddLineException("an answer without a body");
            }
            return new Answered(id, status, body, usage, null);
        }
        var code = bodyError.code == null ? "http_" + status : bodyError.code;
        var message = bodyError.message == null ? "HTTP " + status : bodyError.message;
        var permanent = status >= 400 && status < 500 && status != 408 && status != 409 && status != 429;
        return new Answered(
                id,
                status,
                body == null ? new byte[] {'n', 'u', 'l', 'l'} : body,
                usage,
                new LineError(code, message, permanent));
    }

    private void readResponse() throws IOException {
        once(Key.RESPONSE);
        if (json.hasToken(JsonToken.VALUE_NULL)) {
            return;
        }
        if (!json.isExpectedStartObjectToken()) {
            throw new OddLineException("response is no object");
        }
        executed = true;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            var name = json.currentName();
            json.nextToken();
            switch (name) {
                case "status_code" -> {
                    once(Key.STATUS_CODE);
                    status = (int) Math.min(count(), Integer.MAX_VALUE);
                }
                case "body" -> readBody();
                default -> json.skipChildren();
            }
        }
    }

    private void readBody() throws IOException {
        once(Key.BODY);
        if (json.hasToken(JsonToken.VALUE_NULL)) {
            return;
        }
        var from = json.currentTokenLocation().getByteOffset();
        if (json.isExpectedStartObjectToken()) {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                var name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "usage" -> usage = readUsage();
                    case "error" -> bodyError = readError();
                    default -> json.skipChildren();
                }
            }
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
        body = Arrays.copyOfRange(line, (int) from, (int) to);
        if (!isUtf8(body)) {
            throw new OddLineException("not UTF-8");
        }
    }

    /** The parser would hold all of it; it has yet to come past, and complains if this runs beyond the line. */
    private long endOfString(long quote) {
        var at = quote < 0 ? line.length : (int) quote + 1;
        while (at < line.length && line[at] != '"') {
            at += line[at] == '\\' ? 2 : 1;
        }
        return Math.min(at + 1, line.length);
    }

    /** The parser lets pass what is too long, half a pair or beyond Unicode, where it only skips. */
    private static boolean isUtf8(byte[] bytes) {
        var decoder = StandardCharsets.UTF_8.newDecoder();
        var in = ByteBuffer.wrap(bytes);
        var out = CharBuffer.allocate(Math.min(bytes.length, 8_192));
        while (true) {
            var outcome = decoder.decode(in, out.clear(), true);
            if (!outcome.isOverflow()) {
                return !outcome.isError();
            }
        }
    }

    /** Of all families: prompt_tokens and completion_tokens, or input_tokens and output_tokens. */
    private @Nullable Usage readUsage() throws IOException {
        if (!json.isExpectedStartObjectToken()) {
            json.skipChildren();
            return null;
        }
        var input = -1L;
        var output = -1L;
        var cached = 0L;
        var cacheWrite = 0L;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            var name = json.currentName();
            json.nextToken();
            switch (name) {
                case "prompt_tokens", "input_tokens" -> input = count();
                case "completion_tokens", "output_tokens" -> output = count();
                case "prompt_tokens_details", "input_tokens_details" -> {
                    if (!json.isExpectedStartObjectToken()) {
                        json.skipChildren();
                        break;
                    }
                    while (json.nextToken() == JsonToken.FIELD_NAME) {
                        var detail = json.currentName();
                        json.nextToken();
                        switch (detail) {
                            case "cached_tokens" -> cached = Math.max(0, count());
                            case "cache_write_tokens" -> cacheWrite = Math.max(0, count());
                            default -> json.skipChildren();
                        }
                    }
                }
                default -> json.skipChildren();
            }
        }
        return input < 0 && output < 0 ? null : new Usage(Math.max(0, input), cached, cacheWrite, Math.max(0, output));
    }

    /** An error object, or its bare text as some servers write it. */
    private VendorError readError() throws IOException {
        if (texts && json.hasToken(JsonToken.VALUE_STRING)) {
            return new VendorError(null, shortened(json.getText(), MESSAGE_MAX));
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
        return new VendorError(code == null ? type : code, message);
    }

    private @Nullable String text(Key key) throws IOException {
        once(key);
        if (!json.hasToken(JsonToken.VALUE_STRING)) {
            json.skipChildren();
            return null;
        }
        return json.getText();
    }

    /** @return -1 for what is no whole number of a sensible size */
    private long count() throws IOException {
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
    private void once(Key key) throws OddLineException {
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
