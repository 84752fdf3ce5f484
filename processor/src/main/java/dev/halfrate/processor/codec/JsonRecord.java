package dev.halfrate.processor.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How all our JSON records are written and read: snake_case, null for what there is none of, UTC to the millisecond. */
final class JsonRecord {
    /** Deeper by some than what is read of a vendor. */
    private static final int NESTING_MAX = 10_100;

    /** What a vendor answered is in here as it was, so that what was written can be read. */
    static final JsonFactory JSON = new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(NESTING_MAX)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private static final DateTimeFormatter SECOND =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.").withZone(ZoneOffset.UTC);

    /** Texts of seconds, each in the place of its number's last digits: records that are written together have few. */
    private static final AtomicReferenceArray<Second> SECONDS = new AtomicReferenceArray<>(64);

    private record Second(long epochSecond, String text) {}

    private JsonRecord() {}

    private static String text(Instant time) {
        var epochSecond = time.getEpochSecond();
        var place = Math.floorMod(epochSecond, SECONDS.length());
        var second = SECONDS.get(place);
        if (second == null || second.epochSecond != epochSecond) {
            second = new Second(epochSecond, SECOND.format(time));
            SECONDS.set(place, second);
        }
        var millis = time.getNano() / 1_000_000;
        return second.text
                + (char) ('0' + millis / 100)
                + (char) ('0' + millis / 10 % 10)
                + (char) ('0' + millis % 10)
                + 'Z';
    }

    /** Writes the fields of one object. */
    static final class Writer implements AutoCloseable {
        private final ByteArrayOutputStream out;
        private final JsonGenerator generator;

        Writer(int bytesExpected) {
            out = new ByteArrayOutputStream(bytesExpected);
            try {
                generator = JSON.createGenerator(out);
                generator.writeStartObject();
            } catch (IOException e) {
                throw inMemory(e);
            }
        }

        /** An empty text is written as null. Half a pair, which a vendor's message may hold, has no UTF-8: it becomes '?'. */
        Writer text(String name, String value) {
            return write(name, () -> {
                if (value.isEmpty()) {
                    generator.writeNull();
                } else {
                    var utf8 = value.getBytes(StandardCharsets.UTF_8);
                    generator.writeUTF8String(utf8, 0, utf8.length);
                }
            });
        }

        Writer number(String name, long value) {
            return write(name, () -> generator.writeNumber(value));
        }

        /** All digits, none of them an exponent. */
        Writer decimal(String name, BigDecimal value) {
            return write(name, () -> generator.writeNumber(value.toPlainString()));
        }

        Writer numbers(String name, List<Long> values) {
            return write(name, () -> {
                generator.writeStartArray();
                for (var value : values) {
                    generator.writeNumber(value);
                }
                generator.writeEndArray();
            });
        }

        Writer flag(String name, boolean value) {
            return write(name, () -> generator.writeBoolean(value));
        }

        Writer none(String name) {
            return write(name, generator::writeNull);
        }

        Writer time(String name, @Nullable Instant value) {
            return text(name, value == null ? "" : JsonRecord.text(value));
        }

        /** Splices a JSON value in, byte for byte. */
        Writer verbatim(String name, byte[] json) {
            return write(name, () -> {
                // An empty raw value makes the generator write the colon and expect a comma next.
                generator.writeRawValue("");
                generator.flush();
                out.writeBytes(json);
            });
        }

        Writer begin(String name) {
            return write(name, generator::writeStartObject);
        }

        /** In the order of their names. */
        Writer texts(String name, Map<String, String> texts) {
            begin(name);
            new TreeMap<>(texts).forEach(this::text);
            return end();
        }

        /** An object for each of the elements, under its name. */
        <T> Writer objects(String name, Map<String, T> elements, BiConsumer<Writer, T> fields) {
            begin(name);
            elements.forEach(
                    (key, element) -> fields.andThen((json, _) -> json.end()).accept(begin(key), element));
            return end();
        }

        Writer end() {
            try {
                generator.writeEndObject();
                return this;
            } catch (IOException e) {
                throw inMemory(e);
            }
        }

        byte[] toBytes() {
            end().close();
            return out.toByteArray();
        }

        @Override
        public void close() {
            try {
                generator.close();
            } catch (IOException e) {
                throw inMemory(e);
            }
        }

        private Writer write(String name, Value value) {
            try {
                generator.writeFieldName(name);
                value.write();
                return this;
            } catch (IOException e) {
                throw inMemory(e);
            }
        }

        private interface Value {
            void write() throws IOException;
        }
    }

    /** @return the same array: JSON allows no raw line break inside a text, so each stands between tokens and becomes a space */
    static byte[] oneLine(byte[] json) {
        for (var i = 0; i < json.length; i++) {
            if (json[i] == '\n' || json[i] == '\r') {
                json[i] = ' ';
            }
        }
        return json;
    }

    /** The fields of one object, each as the slice it was, decoded when asked for. Unknown ones do no harm. */
    static final class Reader {
        private final Map<String, byte[]> fields;

        private Reader(Map<String, byte[]> fields) {
            this.fields = fields;
        }

        /** @throws MalformedRecordException if {@code json} is not one JSON object in UTF-8 */
        static Reader of(byte[] json) {
            if (isWide(json)) {
                throw new MalformedRecordException("not UTF-8");
            }
            try (var parser = JSON.createParser(json)) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    throw new MalformedRecordException("not a JSON object");
                }
                var fields = new HashMap<String, byte[]>();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    var name = parser.currentName();
                    parser.nextToken();
                    var begin = (int) parser.currentTokenLocation().getByteOffset();
                    parser.skipChildren();
                    parser.finishToken();
                    var end = (int) parser.currentLocation().getByteOffset();
                    fields.put(name, Arrays.copyOfRange(json, begin, end));
                }
                if (parser.nextToken() != null) {
                    throw new MalformedRecordException("more than one JSON document");
                }
                return new Reader(fields);
            } catch (JsonProcessingException e) {
                throw new MalformedRecordException("not valid JSON");
            } catch (IOException e) {
                throw inMemory(e);
            }
        }

        /** Jackson would read UTF-16 and UTF-32 as well, but it knows no positions in them. */
        private static boolean isWide(byte[] json) {
            for (var i = 0; i < Math.min(4, json.length); i++) {
                if (json[i] == 0 || json[i] == (byte) 0xFE || json[i] == (byte) 0xFF) {
                    return true;
                }
            }
            return false;
        }

        /** @return null if the field is null or missing */
        byte @Nullable [] verbatim(String name) {
            var raw = fields.get(name);
            return raw == null || Arrays.equals(raw, NULL) ? null : raw;
        }

        /** @return empty if the field is null or missing; in the order of their names */
        <T> Map<String, T> objects(String name, Function<Reader, T> element) {
            var all = object(name);
            var elements = new TreeMap<String, T>();
            if (all != null) {
                all.fields.keySet().forEach(key -> {
                    var value = all.object(key);
                    if (value != null) {
                        elements.put(key, element.apply(value));
                    }
                });
            }
            return elements;
        }

        /** @return empty if the field is null or missing */
        Map<String, String> texts(String name) {
            var all = object(name);
            var texts = new TreeMap<String, String>();
            if (all != null) {
                all.fields.keySet().forEach(key -> texts.put(key, all.text(key)));
            }
            return texts;
        }

        /** @return null if the field is null or missing */
        @Nullable
        Reader object(String name) {
            var raw = verbatim(name);
            return raw == null ? null : of(raw);
        }

        /** @return empty if the field is null or missing */
        String text(String name) {
            return scalar(name, JsonToken.VALUE_STRING);
        }

        /** @throws MalformedRecordException also if the field is null or missing */
        String requiredText(String name) {
            var value = text(name);
            if (value.isEmpty()) {
                throw new MalformedRecordException(name + " is missing");
            }
            return value;
        }

        /** @return 0 if the field is null or missing */
        long number(String name) {
            var value = scalar(name, JsonToken.VALUE_NUMBER_INT);
            try {
                return value.isEmpty() ? 0 : Long.parseLong(value);
            } catch (NumberFormatException e) {
                throw new MalformedRecordException(name + " is out of range");
            }
        }

        /** @return 0 if the field is null or missing */
        BigDecimal decimal(String name) {
            var raw = verbatim(name);
            if (raw == null) {
                return BigDecimal.ZERO;
            }
            try {
                return new BigDecimal(new String(raw, StandardCharsets.US_ASCII));
            } catch (NumberFormatException e) {
                throw new MalformedRecordException(name + " is not a number");
            }
        }

        /** @return empty if the field is null or missing */
        List<Long> numbers(String name) {
            var raw = verbatim(name);
            if (raw == null) {
                return List.of();
            }
            try (var parser = JSON.createParser(raw)) {
                if (parser.nextToken() != JsonToken.START_ARRAY) {
                    throw new MalformedRecordException(name + " has the wrong type");
                }
                var values = new ArrayList<Long>();
                while (parser.nextToken() == JsonToken.VALUE_NUMBER_INT) {
                    values.add(parser.getLongValue());
                }
                if (!parser.hasToken(JsonToken.END_ARRAY)) {
                    throw new MalformedRecordException(name + " has the wrong type");
                }
                return values;
            } catch (IOException e) {
                throw new MalformedRecordException(name + " is not valid JSON");
            }
        }

        int integer(String name) {
            var value = number(name);
            if (value != (int) value) {
                throw new MalformedRecordException(name + " is out of range");
            }
            return (int) value;
        }

        boolean flag(String name) {
            return Arrays.equals(fields.get(name), TRUE);
        }

        /** @return null if the field is null or missing */
        @Nullable
        Instant time(String name) {
            var value = text(name);
            try {
                return value.isEmpty() ? null : Instant.parse(value);
            } catch (DateTimeException e) {
                throw new MalformedRecordException(name + " is not an RFC 3339 time");
            }
        }

        Instant requiredTime(String name) {
            var value = time(name);
            if (value == null) {
                throw new MalformedRecordException(name + " is missing");
            }
            return value;
        }

        private String scalar(String name, JsonToken type) {
            var raw = verbatim(name);
            if (raw == null) {
                return "";
            }
            try (var parser = JSON.createParser(raw)) {
                if (parser.nextToken() != type) {
                    throw new MalformedRecordException(name + " has the wrong type");
                }
                return parser.getText();
            } catch (IOException e) {
                throw new MalformedRecordException(name + " is not valid JSON");
            }
        }
    }

    private static final byte[] NULL = {'n', 'u', 'l', 'l'};
    private static final byte[] TRUE = {'t', 'r', 'u', 'e'};

    private static UncheckedIOException inMemory(IOException e) {
        return new UncheckedIOException("writing to memory", e);
    }
}
