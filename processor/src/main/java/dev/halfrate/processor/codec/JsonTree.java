package dev.halfrate.processor.codec;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads any JSON object as maps in their order, lists, texts, {@link Long}, {@link BigDecimal}, {@link Boolean} and
 * null. A number keeps all its digits. The rules of a request's document hold. Safe for use by many threads.
 */
public final class JsonTree {
    private JsonTree() {}

    /** @throws UnusableValueException if it is no document that every parser reads alike, or no object */
    public static Map<String, @Nullable Object> read(byte[] value) {
        if (RequestParser.isBlank(value)) {
            throw new UnusableValueException(
                    DeadLetter.Reason.EMPTY, "the value is empty: send one JSON object, or null for a tombstone");
        }
        var encoding = RequestParser.encodingProblem(value);
        if (encoding != null) {
            throw undecodable(encoding);
        }
        try (var parser = RequestParser.JSON.createParser(value)) {
            var isObject = parser.nextToken() == JsonToken.START_OBJECT;
            var tree = read(parser);
            if (parser.nextToken() != null) {
                throw undecodable("the value holds more than one JSON document: send one event per record");
            }
            if (!isObject) {
                throw new UnusableValueException(DeadLetter.Reason.NOT_AN_OBJECT, "the value must be a JSON object");
            }
            return object(tree);
        } catch (JsonProcessingException e) {
            throw undecodable(RequestParser.problem(e));
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }

    @SuppressWarnings("unchecked") // What read() makes of an object.
    private static Map<String, @Nullable Object> object(@Nullable Object tree) {
        return (Map<String, @Nullable Object>) requireNonNull(tree);
    }

    private static @Nullable Object read(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                var object = new LinkedHashMap<String, @Nullable Object>();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    var key = parser.currentName();
                    parser.nextToken();
                    object.put(key, read(parser));
                }
                yield object;
            }
            case START_ARRAY -> {
                var array = new ArrayList<@Nullable Object>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    array.add(read(parser));
                }
                yield array;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser.getText(), parser);
            case null, default -> throw undecodable("the value is not valid JSON near its end");
        };
    }

    /** An exponent can stand for more digits than there is memory for. */
    private static Number number(String text, JsonParser parser) {
        try {
            var number = new BigDecimal(text);
            var whole = (long) number.precision() - number.scale();
            if (whole <= RequestParser.NUMBER_DIGITS_MAX && number.scale() <= RequestParser.NUMBER_DIGITS_MAX) {
                return number.scale() == 0 && whole <= 18 ? (Number) number.longValue() : number;
            }
        } catch (NumberFormatException _) {
            // Its exponent is out of all range.
        }
        throw undecodable("a number has more than %d digits near byte %d"
                .formatted(
                        RequestParser.NUMBER_DIGITS_MAX,
                        parser.currentTokenLocation().getByteOffset()));
    }

    private static UnusableValueException undecodable(String message) {
        return new UnusableValueException(DeadLetter.Reason.DECODE, message);
    }
}
