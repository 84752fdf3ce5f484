package dev.halfrate.processor.output;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.halfrate.processor.codec.Slice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds parts of a JSON document where they stand, so that a large one needs no tree. */
final class JsonParts {
    private static final int NESTING_MAX = 10_000;

    /** Answers are of a size that was taken in before. */
    static final JsonFactory JSON = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(NESTING_MAX)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final byte[] document;

    JsonParts(byte[] document) {
        this.document = document;
    }

    Slice whole() {
        return new Slice(0, document.length);
    }

    /** @return the members of an object; empty if it is none */
    Map<String, Slice> members(Slice object) throws IOException {
        var members = new HashMap<String, Slice>();
        try (var json = open(object)) {
            if (json.nextToken() == JsonToken.START_OBJECT) {
                while (json.nextToken() == JsonToken.FIELD_NAME) {
                    var name = json.currentName();
                    json.nextToken();
                    members.put(name, current(json, object));
                }
            }
        }
        return members;
    }

    /** @return the elements of a list; empty if it is none */
    List<Slice> elements(Slice list) throws IOException {
        var elements = new ArrayList<Slice>();
        try (var json = open(list)) {
            if (json.nextToken() == JsonToken.START_ARRAY) {
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(current(json, list));
                }
            }
        }
        return elements;
    }

    boolean isText(Slice value) {
        return document[value.from()] == '"';
    }

    /** @return what a text says */
    String text(Slice value) throws IOException {
        try (var json = open(value)) {
            json.nextToken();
            return json.getText();
        }
    }

    private JsonParser open(Slice slice) throws IOException {
        return JSON.createParser(document, slice.from(), slice.bytes());
    }

    private static Slice current(JsonParser json, Slice within) throws IOException {
        var from = within.from() + (int) json.currentTokenLocation().getByteOffset();
        json.skipChildren();
        json.finishToken();
        return new Slice(from, within.from() + (int) json.currentLocation().getByteOffset() - from);
    }
}
