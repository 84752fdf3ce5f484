package dev.halfrate.processor.source;

import io.pebbletemplates.pebble.attributes.AttributeResolver;
import io.pebbletemplates.pebble.attributes.ResolvedAttribute;
import io.pebbletemplates.pebble.error.AttributeNotFoundException;
import io.pebbletemplates.pebble.node.ArgumentsNode;
import io.pebbletemplates.pebble.node.ForNode;
import io.pebbletemplates.pebble.template.EvaluationContextImpl;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code a.b} and {@code a[b]} may reach: members of objects and lists, and nothing of Java. No class, method or
 * field is ever looked up. Null counts as missing.
 */
final class Fields implements AttributeResolver {
    @Override
    public ResolvedAttribute resolve(
            @Nullable Object instance,
            @Nullable Object name,
            Object @Nullable [] arguments,
            @Nullable ArgumentsNode argumentsNode,
            EvaluationContextImpl context,
            String template,
            int line) {
        var value = arguments == null ? get(instance, name) : null;
        if (value == null) {
            throw new AttributeNotFoundException(null, "missing", String.valueOf(name), line, template);
        }
        return new ResolvedAttribute(value);
    }

    private static @Nullable Object get(@Nullable Object instance, @Nullable Object name) {
        return switch (instance) {
            case Json(var tree) -> get(tree, name);
            case Map<?, ?> map -> map.get(String.valueOf(name));
            case List<?> list -> {
                var at = String.valueOf(name);
                yield at.matches("\\d{1,9}") && Integer.parseInt(at) < list.size()
                        ? list.get(Integer.parseInt(at))
                        : null;
            }
            // What a loop over an object goes through, and the loop itself.
            case Map.Entry<?, ?> entry ->
                switch (String.valueOf(name)) {
                    case "key" -> entry.getKey();
                    case "value" -> entry.getValue();
                    default -> null;
                };
            case ForNode.LoopVariables loop ->
                switch (String.valueOf(name)) {
                    case "index" -> (long) loop.getIndex();
                    case "first" -> loop.isFirst();
                    case "last" -> loop.isLast();
                    default -> null;
                };
            case null, default -> null;
        };
    }
}
