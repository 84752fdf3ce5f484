package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** What a model says that was told to answer in JSON: values such as the request's JSON Schema wants, as far as it is a simple one. */
final class StructuredOutput {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final int DEPTH_MAX = 20;
    private static final int NUMBER_MAX = 1_000;

    private StructuredOutput() {}

    /** The schema that a request names, wherever its endpoint has it; an empty one for any JSON; null if prose will do. */
    static @Nullable JsonNode schemaOf(ObjectNode parameters) {
        for (String place :
                new String[] {"/response_format", "/text/format", "/output_config/format", "/output_format"}) {
            JsonNode format = parameters.at(place);
            switch (format.path("type").asText()) {
                case "json_object" -> {
                    return JSON.objectNode();
                }
                case "json_schema" -> {
                    JsonNode schema =
                            format.has("json_schema") ? format.at("/json_schema/schema") : format.path("schema");
                    return schema.isObject() ? schema : JSON.objectNode();
                }
                default -> {}
            }
        }
        return null;
    }

    static String text(JsonNode schema, SplittableRandom random) {
        return value(schema, schema, random, 0).toString();
    }

    private static JsonNode value(JsonNode schema, JsonNode root, SplittableRandom random, int depth) {
        String reference = schema.path("$ref").asText();
        if (reference.startsWith("#/") && depth < DEPTH_MAX) {
            return value(root.at(reference.substring(1)), root, random, depth + 1);
        }
        if (schema.has("const")) {
            return schema.get("const");
        }
        if (schema.path("enum").size() > 0) {
            return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
        }
        if (schema.path("anyOf").size() > 0) {
            return value(schema.get("anyOf").get(0), root, random, depth + 1);
        }
        JsonNode type = schema.path("type").isArray() ? schema.get("type").path(0) : schema.path("type");
        return switch (type.asText(schema.has("properties") || depth == 0 ? "object" : "string")) {
            case "object" -> object(schema, root, random, depth);
            case "array" -> list(schema, root, random, depth);
            case "integer" -> JSON.numberNode(Math.round(number(schema, random)));
            case "number" -> JSON.numberNode(number(schema, random));
            case "boolean" -> JSON.booleanNode(random.nextBoolean());
            case "null" -> JSON.nullNode();
            default -> JSON.textNode(Prose.text(0, random));
        };
    }

    private static ObjectNode object(JsonNode schema, JsonNode root, SplittableRandom random, int depth) {
        ObjectNode object = JSON.objectNode();
        if (depth < DEPTH_MAX) {
            schema.path("properties")
                    .properties()
                    .forEach(member -> object.set(member.getKey(), value(member.getValue(), root, random, depth + 1)));
        }
        return object;
    }

    private static ArrayNode list(JsonNode schema, JsonNode root, SplittableRandom random, int depth) {
        ArrayNode list = JSON.arrayNode();
        int items = depth < DEPTH_MAX ? Math.max(1, schema.path("minItems").asInt(1)) : 0;
        for (int item = 0; item < items; item++) {
            list.add(value(schema.path("items"), root, random, depth + 1));
        }
        return list;
    }

    private static double number(JsonNode schema, SplittableRandom random) {
        double min = schema.path("minimum").asDouble(0);
        double max = Math.max(min, schema.path("maximum").asDouble(Math.max(min, 0) + NUMBER_MAX));
        return min + Math.floor((max - min) * random.nextInt(0, 101)) / 100;
    }
}
