package dev.halfrate.processor.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.halfrate.processor.lines.Utf8;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the value of a request record: a line of an OpenAI batch file,
 * {@code {"custom_id", "method", "url", "body"}}, other keys being ignored, or one of an Anthropic batch's requests,
 * {@code {"custom_id", "params"}}.
 *
 * <p>The whole document is read before anything is decided, and one that two parsers could read differently
 * (repeated keys, ill-formed UTF-8, a byte order mark, anything after the object) is refused. Only the few short
 * texts below are ever decoded: the rest is skipped in place, so a long value costs no memory beyond its own.
 * Messages hold positions and rules, never content. Safe for use by many threads.
 */
public final class RequestParser {
    public static final int CUSTOM_ID_CHARS_MAX = 512;
    public static final int MODEL_CHARS_MAX = 256;
    public static final int DEPTH_MAX = 100;
    public static final int NUMBER_DIGITS_MAX = 1_000;
    public static final int KEY_CHARS_MAX = 50_000;
    public static final int OUTPUT_TOKENS_MAX = 10_000_000;
    private static final int ANSWERS_MAX = 1_000;

    /** Parameters that many requests have in common, in the order in which a model reads them. */
    private static final List<String> COMMON = List.of("tools", "system", "instructions");

    /** What it reads after those; an endpoint has one of them. */
    private static final List<String> OWN = List.of("messages", "input", "prompt");

    /** Where an Anthropic request goes. */
    public static final String MESSAGES = "/v1/messages";

    private static final String URL_RULE = "url must be the path of an endpoint, such as /v1/chat/completions";

    /** Far more than any endpoint's path has. */
    private static final int URL_CHARS_MAX = 256;

    /** An escape such as \u00e4 is the longest way to write a char. */
    private static final int BYTES_PER_CHAR_MAX = 6;

    /** Interning would keep every key that a producer ever made up. */
    public static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_MAX)
                    .maxNumberLength(NUMBER_DIGITS_MAX)
                    .maxNameLength(KEY_CHARS_MAX)
                    .build())
            .build();

    public Parsed parse(byte[] value) {
        if (isBlank(value)) {
            return new Parsed.Unusable(
                    DeadLetter.Reason.EMPTY, "the value is empty: send one JSON object, or null for a tombstone");
        }
        try {
            var whole = new Slice(0, value.length);
            return read(value, whole, "the value", Reading::read);
        } catch (MalformedRecordException e) {
            return undecodable(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Judges a request whose body alone is JSON. What is no JSON object there is a request all the same: its id is good.
     *
     * @param customId, url null if they were no text
     * @param body where it stands in the value
     */
    Parsed parse(@Nullable String customId, @Nullable String url, byte[] value, Slice body) {
        if (customId == null || customId.isEmpty() || customId.length() > CUSTOM_ID_CHARS_MAX) {
            return withoutId();
        }
        if (url == null || url.isEmpty() || url.length() > URL_CHARS_MAX) {
            return new Parsed.Rejected(customId, "", Rejection.URL_UNSUPPORTED, URL_RULE);
        }
        try {
            return read(value, body, "body", reading -> reading.readBody(customId, url));
        } catch (MalformedRecordException e) {
            return new Parsed.Rejected(
                    customId, "", Rejection.BODY_TYPE, "body must be a JSON object: " + e.getMessage());
        }
    }

    /** Reads a whole document in one way. */
    @FunctionalInterface
    private interface Way {
        Parsed read(Reading reading) throws IOException;
    }

    /**
     * @param name of the document in messages
     * @throws MalformedRecordException if it is no JSON that every parser reads alike
     */
    private static Parsed read(byte[] value, Slice document, String name, Way way) {
        var encoding = encodingProblem(value, document, name);
        if (encoding != null) {
            throw new MalformedRecordException(encoding);
        }
        try (var parser = JSON.createParser(value, document.from(), document.bytes())) {
            return way.read(new Reading(parser, value, document));
        } catch (JsonProcessingException e) {
            throw new MalformedRecordException(problem(e, name));
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }

    /** One pass over one value. */
    private static final class Reading {
        private final JsonParser parser;
        private final byte[] value;
        private final Slice document;

        private final Body body = new Body("body");
        private final Body params = new Body("params");

        private @Nullable String customId;
        private @Nullable String method;
        private @Nullable String url;
        private boolean openAi;
        private boolean anthropic;

        Reading(JsonParser parser, byte[] value, Slice document) {
            this.parser = parser;
            this.value = value;
            this.document = document;
        }

        Parsed read() throws IOException {
            var isObject = parser.nextToken() == JsonToken.START_OBJECT;
            if (isObject) {
                readRequest();
            } else {
                parser.skipChildren();
            }
            if (parser.nextToken() != null) {
                return undecodable("the value holds more than one JSON document: send one request per record");
            }
            return isObject
                    ? judge()
                    : new Parsed.Unusable(DeadLetter.Reason.NOT_AN_OBJECT, "the value must be a JSON object");
        }

        /** @throws MalformedRecordException if more follows */
        Parsed readBody(String id, String endpoint) throws IOException {
            parser.nextToken();
            body.read();
            if (parser.nextToken() != null) {
                throw new MalformedRecordException("it holds more than one JSON document");
            }
            return body.judge(id, endpoint);
        }

        /** Jackson counts from where it was told to begin. */
        private int at(JsonLocation location) {
            return document.from() + Math.toIntExact(location.getByteOffset());
        }

        private void readRequest() throws IOException {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var key = parser.currentName();
                parser.nextToken();
                switch (key) {
                    case "custom_id" -> customId = text(CUSTOM_ID_CHARS_MAX);
                    case "method" -> {
                        openAi = true;
                        method = text(URL_CHARS_MAX);
                    }
                    case "url" -> {
                        openAi = true;
                        url = text(URL_CHARS_MAX);
                    }
                    case "body" -> {
                        openAi = true;
                        body.read();
                    }
                    case "params" -> {
                        anthropic = true;
                        params.read();
                    }
                    default -> parser.skipChildren();
                }
            }
        }

        /** The endpoint's own parameters, under the key that they have in their vendor's lines. */
        private final class Body {
            private final String key;
            private int offset = -1;
            private int bytes;
            private @Nullable String model;
            private @Nullable String outputLimitProblem;
            private boolean outputLimited;
            private int outputTokensMax;
            private int answers = 1;
            private boolean stream;
            private LeadingDocuments documents = LeadingDocuments.NONE;
            private final Map<String, Slice> prompts = new HashMap<>();
            private @Nullable Slice metadata;

            Body(String key) {
                this.key = key;
            }

            void read() throws IOException {
                if (parser.currentToken() != JsonToken.START_OBJECT) {
                    parser.skipChildren();
                    return;
                }
                offset = at(parser.currentTokenLocation());
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    var name = parser.currentName();
                    parser.nextToken();
                    switch (name) {
                        case "model" -> model = readModel();
                        case "stream" -> stream = parser.currentToken() == JsonToken.VALUE_TRUE;
                        case "max_tokens", "max_completion_tokens", "max_output_tokens" -> readOutputLimit(name);
                        case "n", "best_of" -> readAnswers();
                        default -> {}
                    }
                    var from = at(parser.currentTokenLocation());
                    if (name.equals("messages")) {
                        documents = LeadingDocuments.of(parser, value);
                    } else {
                        parser.skipChildren();
                    }
                    if (name.equals("metadata")) {
                        metadata = sliceFrom(from);
                    } else if (COMMON.contains(name) || OWN.contains(name)) {
                        prompts.put(name, sliceFrom(from));
                    }
                }
                bytes = at(parser.currentLocation()) - offset;
            }

            private Slice sliceFrom(int from) throws IOException {
                parser.finishToken();
                return new Slice(from, at(parser.currentLocation()) - from);
            }

            /** A model's name goes into logs and labels of metrics, so it must not be able to break a line. */
            private @Nullable String readModel() throws IOException {
                var text = text(MODEL_CHARS_MAX);
                return text == null || text.chars().anyMatch(Character::isISOControl) ? null : text;
            }

            private void readOutputLimit(String name) throws IOException {
                var inRange = switch (parser.currentToken()) {
                    case VALUE_NULL -> true;
                    case VALUE_NUMBER_INT ->
                        parser.getNumberType() == JsonParser.NumberType.INT
                                && parser.getIntValue() >= 1
                                && parser.getIntValue() <= OUTPUT_TOKENS_MAX;
                    default -> false;
                };
                outputLimited |= name.equals("max_tokens") && parser.currentToken() != JsonToken.VALUE_NULL;
                if (inRange && parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
                    outputTokensMax = Math.max(outputTokensMax, parser.getIntValue());
                } else if (!inRange) {
                    outputLimitProblem = "%s.%s must be an integer of 1..%d".formatted(key, name, OUTPUT_TOKENS_MAX);
                }
            }

            private void readAnswers() throws IOException {
                if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                        && parser.getNumberType() == JsonParser.NumberType.INT) {
                    answers = Math.clamp(parser.getIntValue(), answers, ANSWERS_MAX);
                }
            }

            /** @return of all answers; less than zero for so many without a limit */
            private int outputTokensMax() {
                var all = outputTokensMax == 0 ? -answers : (long) outputTokensMax * answers;
                return answers == 1 ? outputTokensMax : (int) Math.min(Integer.MAX_VALUE, all);
            }

            Parsed judge(String id, String endpoint) {
                if (offset < 0) {
                    return rejected(id, Rejection.BODY_TYPE, key + " must be a JSON object");
                }
                if (model == null) {
                    return rejected(
                            id,
                            Rejection.MODEL_MISSING,
                            "%s.model must be a text of 1..%d characters, none of them a control character"
                                    .formatted(key, MODEL_CHARS_MAX));
                }
                if (stream) {
                    return rejected(
                            id,
                            Rejection.STREAM_UNSUPPORTED,
                            key + ".stream must not be true: a batch returns whole answers");
                }
                if (outputLimitProblem != null) {
                    return rejected(id, Rejection.MAX_TOKENS, outputLimitProblem);
                }
                if (endpoint.equals(MESSAGES) && !outputLimited) {
                    return rejected(
                            id,
                            Rejection.MAX_TOKENS,
                            "%s.max_tokens is required by %s: an integer of 1..%d"
                                    .formatted(key, MESSAGES, OUTPUT_TOKENS_MAX));
                }
                return new Parsed.Request(id, endpoint, model, offset, bytes, outputTokensMax(), prefix(), metadata);
            }

            private long prefix() {
                var prefix = new PromptPrefix(value);
                for (var name : COMMON) {
                    var slice = prompts.get(name);
                    if (slice != null) {
                        prefix.add(slice.from(), slice.until());
                    }
                }
                for (var name : OWN) {
                    var slice = prompts.get(name);
                    if (slice != null) {
                        prefix.begin(slice.from(), slice.until(), documents);
                    }
                }
                return prefix.hash();
            }

            private Parsed rejected(String id, Rejection rejection, String message) {
                return new Parsed.Rejected(id, model == null ? "" : model, rejection, message);
            }
        }

        /**
         * @return null if the current value is no text of 1 to {@code charsMax} chars, or no well-formed one: a
         *     lone surrogate has no UTF-8, so two texts would become one
         */
        private @Nullable String text(int charsMax) throws IOException {
            if (parser.currentToken() != JsonToken.VALUE_STRING || !endsWithin(charsMax * BYTES_PER_CHAR_MAX)) {
                parser.skipChildren();
                return null;
            }
            var text = parser.getText();
            return text.isEmpty() || text.length() > charsMax || !isWellFormed(text) ? null : text;
        }

        /** An encoder is dear, and hardly any text has surrogates. */
        private static boolean isWellFormed(String text) {
            for (var i = 0; i < text.length(); i++) {
                if (Character.isSurrogate(text.charAt(i))) {
                    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
                }
            }
            return true;
        }

        /** Looks for the closing quote, so that a text which is too long is never decoded. */
        private boolean endsWithin(int bytesMax) {
            var begin = at(parser.currentTokenLocation()) + 1;
            var end = Math.min(document.until(), begin + bytesMax + 1);
            for (var i = begin; i < end; i++) {
                if (value[i] == '"') {
                    return true;
                }
                if (value[i] == '\\') {
                    i++;
                }
            }
            return false;
        }

        private Parsed judge() {
            if (customId == null) {
                return withoutId();
            }
            if (anthropic && !openAi) {
                return params.judge(customId, MESSAGES);
            }
            if (!"POST".equals(method)) {
                return body.rejected(customId, Rejection.METHOD_UNSUPPORTED, "method must be \"POST\"");
            }
            if (url == null) {
                return body.rejected(customId, Rejection.URL_UNSUPPORTED, URL_RULE);
            }
            return body.judge(customId, url);
        }
    }

    /** @return what is wrong with the document, and where; never quotes it */
    static String problem(JsonProcessingException e) {
        return problem(e, "the value");
    }

    private static String problem(JsonProcessingException e, String name) {
        if (e instanceof StreamConstraintsException) {
            return "the JSON is over a limit near byte %d: at most %d levels deep, numbers of %d digits, keys of %d characters"
                    .formatted(offset(e), DEPTH_MAX, NUMBER_DIGITS_MAX, KEY_CHARS_MAX);
        }
        return (isDuplicateKey(e) ? "an object has the same key twice" : name + " is not valid JSON") + " near byte "
                + offset(e);
    }

    private static Parsed withoutId() {
        return new Parsed.Unusable(
                DeadLetter.Reason.CUSTOM_ID,
                "custom_id must be a text of 1..%d characters".formatted(CUSTOM_ID_CHARS_MAX));
    }

    private static Parsed undecodable(String message) {
        return new Parsed.Unusable(DeadLetter.Reason.DECODE, message);
    }

    private static long offset(JsonProcessingException e) {
        var location = e.getLocation();
        return location == null ? 0 : location.getByteOffset();
    }

    /** Jackson has no type for it. A test holds the wording. */
    private static boolean isDuplicateKey(JsonProcessingException e) {
        var message = e.getOriginalMessage();
        return message != null && message.startsWith("Duplicate ");
    }

    static boolean isBlank(byte[] value) {
        for (var b : value) {
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return false;
            }
        }
        return true;
    }

    /** Jackson guesses UTF-16 and UTF-32, skips a byte order mark, and does not look closely at what it skips. */
    static @Nullable String encodingProblem(byte[] value) {
        return encodingProblem(value, new Slice(0, value.length), "the value");
    }

    private static @Nullable String encodingProblem(byte[] value, Slice document, String name) {
        var from = document.from();
        if (document.bytes() >= 3
                && value[from] == (byte) 0xEF
                && value[from + 1] == (byte) 0xBB
                && value[from + 2] == (byte) 0xBF) {
            return name + " begins with a byte order mark: send UTF-8 without one";
        }
        for (var i = 0; i < Math.min(4, document.bytes()); i++) {
            if (value[from + i] == 0) {
                return name + " is not UTF-8";
            }
        }
        var wellFormed = Utf8.wellFormed(value, from, document.bytes());
        return wellFormed == document.bytes() ? null : "%s is not UTF-8 at byte %d".formatted(name, wellFormed);
    }
}
