package dev.halfrate.processor.admin;

import dev.halfrate.processor.config.AdminConfig.Role;
import dev.halfrate.processor.money.Usd;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.URI;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Describes routes as OpenAPI 3.1 does; schemas are those of the records that are written. */
final class OpenApi {
    static final String PATH = "/api/openapi.json";

    private static final String SCHEMAS = "#/components/schemas/";

    /** Of what acts. */
    private static final List<Map<String, Object>> HEADERS = List.of(
            header(
                    "Idempotency-Key",
                    "the command's id: the same one again, told to the same process, does nothing more"),
            header(Access.CSRF, "1, where no tokens are wanted"));

    private final Map<String, Object> schemas = new TreeMap<>();

    private OpenApi() {}

    static Map<String, Object> of(List<Route> routes) {
        return new OpenApi().describe(routes);
    }

    private Map<String, Object> describe(List<Route> routes) {
        var problem = schema(ProblemException.Problem.class);
        var paths = new LinkedHashMap<String, Map<String, Object>>();
        for (var route : routes) {
            paths.computeIfAbsent(route.path(), _ -> new LinkedHashMap<>())
                    .put(route.method().toLowerCase(Locale.ROOT), operation(route, problem));
        }
        return map(
                "openapi",
                "3.1.0",
                "info",
                map("title", "Halfrate, for operators", "version", "1"),
                "paths",
                paths,
                "components",
                map("schemas", schemas, "securitySchemes", map("bearer", map("type", "http", "scheme", "bearer"))));
    }

    private Map<String, Object> operation(Route route, Map<String, Object> problem) {
        var operation = new LinkedHashMap<String, Object>();
        operation.put("summary", route.summary());
        operation.put(
                "security", route.role() == null ? List.of() : List.of(Map.of("bearer", List.of(word(route.role())))));
        operation.put(
                "parameters",
                Stream.concat(
                                route.parameters().stream().map(it -> parameter(route, it)),
                                route.acts() ? HEADERS.stream() : Stream.of())
                        .toList());
        var body = route.body();
        if (body != null) {
            operation.put(
                    "requestBody",
                    map("required", true, "content", map("application/json", map("schema", schema(body)))));
        }
        var failure = map(
                "description",
                "Why there is no answer",
                "content",
                map("application/problem+json", map("schema", problem)));
        operation.put("responses", map(route.acts() ? "202" : "200", answer(route), "default", failure));
        return operation;
    }

    private Map<String, Object> answer(Route route) {
        var content = route.answer() == String.class
                ? map("text/plain", map("schema", map("type", "string")))
                : map("application/json", map("schema", schema(route.answer())));
        return map("description", route.summary(), "content", content);
    }

    private static Map<String, Object> parameter(Route route, Route.Parameter parameter) {
        var inPath = route.path().contains("{" + parameter.name() + "}");
        return map(
                "name", parameter.name(),
                "in", inPath ? "path" : "query",
                "required", inPath,
                "description", parameter.meaning(),
                "schema", map("type", "string"));
    }

    private static Map<String, Object> header(String name, String meaning) {
        return map(
                "name",
                name,
                "in",
                "header",
                "required",
                false,
                "description",
                meaning,
                "schema",
                map("type", "string"));
    }

    static String word(Role role) {
        return role.name().toLowerCase(Locale.ROOT);
    }

    // ---- schemas ----

    private Map<String, Object> schema(Type type) {
        return switch (type) {
            case ParameterizedType generic when generic.getRawType() instanceof Class<?> raw -> generic(raw, generic);
            case Class<?> raw -> schema(raw);
            default -> map();
        };
    }

    private Map<String, Object> generic(Class<?> raw, ParameterizedType type) {
        var arguments = type.getActualTypeArguments();
        return Collection.class.isAssignableFrom(raw)
                ? map("type", "array", "items", schema(arguments[0]))
                : map("type", "object", "additionalProperties", schema(arguments[1]));
    }

    private Map<String, Object> schema(Class<?> type) {
        if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
            return map("type", "integer");
        } else if (type == boolean.class) {
            return map("type", "boolean");
        } else if (type == Usd.class) {
            return map("type", "number");
        } else if (type == Instant.class) {
            return map("type", "string", "format", "date-time");
        } else if (type == String.class || type == URI.class) {
            return map("type", "string");
        } else if (type.isEnum()) {
            return map(
                    "type",
                    "string",
                    "enum",
                    Stream.of(type.getEnumConstants())
                            .map(constant -> String.valueOf(constant).toLowerCase(Locale.ROOT))
                            .toList());
        }
        return type.isRecord() ? reference(type) : map();
    }

    private Map<String, Object> reference(Class<?> type) {
        var name = type.getName().replaceFirst(".*\\.", "").replace('$', '.');
        if (!schemas.containsKey(name)) {
            schemas.put(name, Map.of());
            schemas.put(name, properties(type));
        }
        return map("$ref", SCHEMAS + name);
    }

    private Map<String, Object> properties(Class<?> type) {
        var properties = new LinkedHashMap<String, Object>();
        var required = Stream.of(type.getRecordComponents())
                .filter(component -> !component.getAnnotatedType().isAnnotationPresent(Nullable.class))
                .map(component -> snakeCase(component.getName()))
                .collect(Collectors.toList());
        for (var component : type.getRecordComponents()) {
            properties.put(snakeCase(component.getName()), schema(component.getGenericType()));
        }
        return map("type", "object", "properties", properties, "required", required);
    }

    private static String snakeCase(String name) {
        return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    private static Map<String, Object> map(Object... keysAndValues) {
        var map = new LinkedHashMap<String, Object>();
        for (var i = 0; i < keysAndValues.length; i += 2) {
            map.put(keysAndValues[i].toString(), keysAndValues[i + 1]);
        }
        return map;
    }
}
