package dev.halfrate.processor.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * One map of the configuration file. Whatever is asked for is thereby a known key; {@link #refuseUnknown} is
 * called when everything has been asked for.
 */
final class ConfigSection {
    private final String path;
    private final JsonNode node;
    private final TreeSet<String> known = new TreeSet<>();

    /**
     * @param path for messages, empty for the whole file
     * @throws ConfigException if {@code node} is neither a map nor absent
     */
    ConfigSection(String path, @Nullable JsonNode node) {
        this.path = path;
        this.node =
                node == null || node.isNull() || node.isMissingNode() ? JsonNodeFactory.instance.objectNode() : node;
        if (!this.node.isObject()) {
            throw wrongType(path.isEmpty() ? "the file" : path, "a map of keys and values", this.node);
        }
    }

    String path() {
        return path;
    }

    /** @return the whole path of a key */
    String path(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    ConfigSection section(String key) {
        return new ConfigSection(path(key), get(key));
    }

    /** @return the maps of a list, empty if there is none */
    List<ConfigSection> sections(String key) {
        var sections = new ArrayList<ConfigSection>();
        for (var item : list(key)) {
            sections.add(new ConfigSection("%s[%d]".formatted(path(key), sections.size()), item));
        }
        return sections;
    }

    String text(String key, String otherwise) {
        var value = get(key);
        return value == null ? otherwise : text(path(key), value);
    }

    String requiredText(String key) {
        var value = get(key);
        if (value == null) {
            throw new ConfigException(path(key) + " is missing");
        }
        return text(path(key), value);
    }

    List<String> texts(String key, List<String> otherwise) {
        return values(key, item -> text(path(key), item), otherwise);
    }

    /** One text stands for a list of it alone. */
    List<String> textOrTexts(String key, List<String> otherwise) {
        var value = get(key);
        return value == null || value.isArray() ? texts(key, otherwise) : List.of(text(path(key), value));
    }

    boolean flag(String key, boolean otherwise) {
        var value = get(key);
        if (value == null) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw wrongType(path(key), "true or false", value);
        }
        return value.booleanValue();
    }

    int integer(String key, int otherwise) {
        var value = get(key);
        if (value == null) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw wrongType(path(key), "an integer", value);
        }
        return value.intValue();
    }

    long count(String key, long otherwise) {
        var value = get(key);
        if (value == null) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw wrongType(path(key), "an integer", value);
        }
        return value.longValue();
    }

    double fraction(String key, double otherwise) {
        var value = get(key);
        if (value == null) {
            return otherwise;
        }
        if (!value.isNumber()) {
            throw wrongType(path(key), "a number", value);
        }
        return value.doubleValue();
    }

    long size(String key, long otherwise) {
        var value = get(key);
        return value == null ? otherwise : Sizes.parse(path(key), text(path(key), value));
    }

    Duration duration(String key, Duration otherwise) {
        var value = get(key);
        return value == null ? otherwise : Durations.parse(path(key), text(path(key), value));
    }

    List<Duration> durations(String key, List<Duration> otherwise) {
        return values(key, item -> Durations.parse(path(key), text(path(key), item)), otherwise);
    }

    /** @return the keys that stand in the file, in its order */
    List<String> keys() {
        return StreamSupport.stream(((Iterable<String>) node::fieldNames).spliterator(), false)
                .toList();
    }

    /**
     * @return a map as it stands in the file, whatever its keys
     * @throws ConfigException if it is missing or no map
     */
    ObjectNode tree(String key) {
        var value = get(key);
        if (value == null) {
            throw new ConfigException(path(key) + " is missing");
        }
        if (value instanceof ObjectNode tree) {
            return tree;
        }
        throw wrongType(path(key), "a map of keys and values", value);
    }

    boolean isThere(String key) {
        return get(key) != null;
    }

    boolean isSection(String key) {
        return node.path(key).isObject();
    }

    /** @throws ConfigException naming the first key that nobody asked for, and the one that may be meant */
    void refuseUnknown() {
        for (var key : keys()) {
            if (!known.contains(key)) {
                throw new ConfigException("%s is no key of the configuration%s".formatted(path(key), suggestion(key)));
            }
        }
    }

    private String suggestion(String key) {
        var nearest = known.stream()
                .min((a, b) -> Integer.compare(distance(key, a), distance(key, b)))
                .orElseThrow();
        return distance(key, nearest) <= 1 + key.length() / 3
                ? ", did you mean " + path(nearest) + "?"
                : ", known here: " + String.join(", ", known);
    }

    /** Levenshtein's. */
    private static int distance(String a, String b) {
        var previous = new int[b.length() + 1];
        for (var j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (var i = 1; i <= a.length(); i++) {
            var current = new int[b.length() + 1];
            current[0] = i;
            for (var j = 1; j <= b.length(); j++) {
                var replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[b.length()];
    }

    private @Nullable JsonNode get(String key) {
        known.add(key);
        var value = node.get(key);
        return value == null || value.isNull() ? null : value;
    }

    private Iterable<JsonNode> list(String key) {
        var value = get(key);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray()) {
            throw wrongType(path(key), "a list", value);
        }
        return value;
    }

    private <T> List<T> values(String key, Function<JsonNode, T> read, List<T> otherwise) {
        if (get(key) == null) {
            return otherwise;
        }
        var values = new ArrayList<T>();
        list(key).forEach(item -> values.add(read.apply(item)));
        return values;
    }

    private static String text(String path, JsonNode value) {
        if (!value.isValueNode()) {
            throw wrongType(path, "a single value", value);
        }
        return value.asText();
    }

    private static ConfigException wrongType(String path, String mustBe, JsonNode value) {
        var got = switch (value.getNodeType()) {
            case OBJECT -> "a map";
            case ARRAY -> "a list";
            default -> "'" + value.asText() + "'";
        };
        return new ConfigException("%s must be %s, got %s".formatted(path, mustBe, got));
    }
}
