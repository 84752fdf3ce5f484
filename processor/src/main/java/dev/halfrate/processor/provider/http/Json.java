package dev.halfrate.processor.provider.http;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Small JSON documents: everything but result files. */
public final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** @return a missing node, whose every path is missing too, if {@code bytes} are not one JSON object */
    public static JsonNode object(byte[] bytes) {
        try {
            var tree = MAPPER.readTree(bytes);
            return tree != null && tree.isObject() ? tree : MissingNode.getInstance();
        } catch (IOException _) {
            return MissingNode.getInstance();
        }
    }

    /** @return null if the field is missing, empty or no string */
    public static @Nullable String text(JsonNode node, String field) {
        var value = node.path(field);
        return value.isTextual() && !value.textValue().isEmpty() ? value.textValue() : null;
    }
}
