package dev.halfrate.processor.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The body of a source's requests as it stands in the configuration. */
public final class BodyConfig {
    private final ObjectNode tree;

    public BodyConfig(ObjectNode tree) {
        this.tree = tree.deepCopy();
    }

    public JsonNode tree() {
        return tree;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BodyConfig body && body.tree.equals(tree);
    }

    @Override
    public int hashCode() {
        return tree.hashCode();
    }

    /** The texts are prompts. */
    @Override
    public String toString() {
        return tree.properties().stream()
                .map(member -> member.getKey().equals("model")
                        ? "model " + member.getValue().asText()
                        : member.getKey())
                .collect(Collectors.joining(", "));
    }
}
