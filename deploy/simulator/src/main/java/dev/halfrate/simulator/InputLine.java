package dev.halfrate.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One line of an input file.
 *
 * @param mistyped the first of the four fields that has a value of the wrong kind
 */
record InputLine(
        @Nullable String customId,
        @Nullable String method,
        @Nullable String url,
        @Nullable Body body,
        @Nullable OpenAiError mistyped) {

    /**
     * The parameters of the call. Prompts, which may be large, are measured and left where they are.
     *
     * @param from the body's first byte in the line
     * @param to the byte after its last
     */
    record Body(int from, int to, ObjectNode parameters, Map<String, Prompt> prompts) {

        /** The body's bytes exactly as the client wrote them. */
        byte[] bytesIn(byte[] line) {
            return Arrays.copyOfRange(line, from, to);
        }

        @Nullable
        String model() {
            JsonNode model = parameters.get("model");
            return model != null && model.isTextual() ? model.textValue() : null;
        }

        @Nullable
        Prompt prompt(Endpoint endpoint) {
            return prompts.get(endpoint.promptParameter());
        }
    }

    /**
     * What is sent to the model.
     *
     * @param bytes its size as JSON
     * @param items how many messages or texts it has; a tokenized text is one
     * @param head stands for its first {@link #HEAD_BYTES}; null if it is not that long
     * @param special all of it, if there is something in it that only some vendors or versions take; otherwise null
     */
    record Prompt(
            JsonToken kind,
            int bytes,
            int items,
            @Nullable String head,
            @Nullable JsonNode special) {}

    static final int HEAD_BYTES = 4_096;

    private static final List<byte[]> SPECIAL = Stream.of("\"cache_control\"", "\"document\"", "\"citations\"")
            .map(word -> word.getBytes(UTF_8))
            .toList();

    /** Empty if the line is no JSON object. */
    static Optional<InputLine> parse(byte[] line) throws IOException {
        try (JsonParser parser = Json.MAPPER.createParser(line)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            InputLine parsed = fields(parser, line);
            return parser.nextToken() == null ? Optional.of(parsed) : Optional.empty();
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    /** A body alone; empty if it is no JSON object. */
    static Optional<Body> parseBody(byte[] json) throws IOException {
        try (JsonParser parser = Json.MAPPER.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            Body body = body(parser, json);
            return parser.nextToken() == null ? Optional.of(body) : Optional.empty();
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    private static InputLine fields(JsonParser parser, byte[] line) throws IOException {
        String customId = null;
        String method = null;
        String url = null;
        Body body = null;
        OpenAiError mistyped = null;
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            String expected = switch (name) {
                case "custom_id", "method", "url" -> token == JsonToken.VALUE_STRING ? null : "a string";
                case "body" -> token == JsonToken.START_OBJECT ? null : "an object";
                default -> null;
            };
            if (expected != null) {
                mistyped = mistyped == null ? OpenAiError.wrongType(name, expected, token) : mistyped;
                parser.skipChildren();
                continue;
            }
            switch (name) {
                case "custom_id" -> customId = parser.getText();
                case "method" -> method = parser.getText();
                case "url" -> url = parser.getText();
                case "body" -> body = body(parser, line);
                default -> parser.skipChildren();
            }
        }
        return new InputLine(customId, method, url, body, mistyped);
    }

    /** Reads a body whose first brace is the current token of a parser of {@code line}. */
    static Body body(JsonParser parser, byte[] line) throws IOException {
        int from = start(parser);
        ObjectNode parameters = Json.MAPPER.createObjectNode();
        Map<String, Prompt> prompts = new HashMap<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            if (Endpoint.PROMPT_PARAMETERS.contains(name) && token != JsonToken.VALUE_NULL) {
                prompts.put(name, prompt(parser, line));
            } else {
                parameters.set(name, Json.MAPPER.readTree(parser));
            }
        }
        return new Body(from, end(parser), parameters, prompts);
    }

    private static Prompt prompt(JsonParser parser, byte[] line) throws IOException {
        JsonToken kind = parser.currentToken();
        int from = start(parser);
        int items = 1;
        if (kind == JsonToken.START_ARRAY) {
            boolean tokenized = false;
            for (items = 0; parser.nextToken() != JsonToken.END_ARRAY; items++) {
                tokenized |= parser.currentToken() == JsonToken.VALUE_NUMBER_INT;
                parser.skipChildren();
            }
            items = tokenized ? 1 : items;
        } else {
            parser.skipChildren();
            parser.finishToken();
        }
        int to = end(parser);
        JsonNode special = SPECIAL.stream().anyMatch(word -> contains(line, from, to, word))
                ? Json.MAPPER.readTree(line, from, to - from)
                : null;
        String head = to - from < HEAD_BYTES
                ? null
                : Fingerprint.of("head", Arrays.copyOfRange(line, from, from + HEAD_BYTES));
        return new Prompt(kind, to - from, items, head, special);
    }

    private static boolean contains(byte[] line, int from, int to, byte[] word) {
        for (int at = from; at <= to - word.length; at++) {
            if (line[at] == word[0] && Arrays.equals(line, at, at + word.length, word, 0, word.length)) {
                return true;
            }
        }
        return false;
    }

    private static int start(JsonParser parser) {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    private static int end(JsonParser parser) {
        return (int) parser.currentLocation().getByteOffset();
    }
}
