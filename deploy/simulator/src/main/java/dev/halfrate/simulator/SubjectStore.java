package dev.halfrate.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaValidationException;
import org.apache.avro.SchemaValidatorBuilder;
import org.jspecify.annotations.Nullable;

/** Schemas by id and by subject, as a registry keeps them. Safe for use by many threads. */
final class SubjectStore {
    private static final String AVRO = "AVRO";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Stored> byId = new ArrayList<>();
    private final Map<String, List<Stored>> subjects = new TreeMap<>();
    private final Map<String, String> compatibility = new HashMap<>(Map.of("", "BACKWARD"));
    private final @Nullable Path journal;

    /**
     * @param journal what was registered, a line each: read first, and added to; null for memory alone
     * @throws IOException if it cannot be read
     */
    SubjectStore(@Nullable Path journal) throws IOException {
        if (journal != null && Files.exists(journal)) {
            for (var line : Files.readAllLines(journal)) {
                var request = JSON.readTree(line);
                add(request.path("subject").asText(), parse(request));
            }
        }
        this.journal = journal;
    }

    /** @param schema null unless it is Avro's */
    private record Stored(
            int id,
            String type,
            String text,
            ArrayNode references,
            @Nullable Schema schema) {
        UUID guid() {
            return UUID.nameUUIDFromBytes((type + text + references).getBytes(UTF_8));
        }

        boolean same(Stored other) {
            return type.equals(other.type) && text.equals(other.text) && references.equals(other.references);
        }

        ObjectNode json() {
            var json = JsonNodeFactory.instance.objectNode().put("schema", text).put("guid", guid().toString());
            if (!type.equals(AVRO)) {
                json.put("schemaType", type);
            }
            if (!references.isEmpty()) {
                json.set("references", references);
            }
            return json;
        }
    }

    /** A no, in the registry's own words. */
    static final class RegistryError extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int code;

        RegistryError(int code, String message) {
            super(message);
            this.code = code;
        }

        int code() {
            return code;
        }

        int status() {
            return code < 1_000 ? code : code / 100;
        }
    }

    synchronized ObjectNode register(String subject, JsonNode request) {
        var wanted = parse(request);
        var versions = subjects.getOrDefault(subject, List.of());
        var known = versions.stream().filter(wanted::same).findFirst();
        if (known.isEmpty()) {
            check(subject, versions, wanted);
        }
        var stored = known.orElseGet(() -> {
            note(subject, wanted);
            return add(subject, wanted);
        });
        return JsonNodeFactory.instance.objectNode().put("id", stored.id());
    }

    private Stored add(String subject, Stored wanted) {
        var added = withId(wanted);
        subjects.computeIfAbsent(subject, _ -> new ArrayList<>()).add(added);
        return added;
    }

    private void note(String subject, Stored wanted) {
        if (journal != null) {
            try {
                Files.writeString(
                        journal,
                        wanted.json().put("subject", subject) + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new RegistryError(50001, "Error in the backend datastore");
            }
        }
    }

    synchronized ObjectNode lookUp(String subject, JsonNode request) {
        var wanted = parse(request);
        var versions = versionsOf(subject);
        for (var i = 0; i < versions.size(); i++) {
            if (versions.get(i).same(wanted)) {
                return version(subject, i + 1, versions.get(i));
            }
        }
        throw new RegistryError(40403, "Schema not found");
    }

    synchronized ObjectNode byId(int id) {
        if (id < 1 || id > byId.size()) {
            throw new RegistryError(40403, "Schema %d not found".formatted(id));
        }
        return byId.get(id - 1).json();
    }

    synchronized ObjectNode byGuid(String guid) {
        return byId.stream()
                .filter(stored -> stored.guid().toString().equals(guid))
                .findFirst()
                .orElseThrow(() -> new RegistryError(40403, "Schema not found"))
                .json();
    }

    synchronized ArrayNode names() {
        var names = JsonNodeFactory.instance.arrayNode();
        subjects.keySet().forEach(names::add);
        return names;
    }

    synchronized ArrayNode versions(String subject) {
        var numbers = JsonNodeFactory.instance.arrayNode();
        for (var i = 1; i <= versionsOf(subject).size(); i++) {
            numbers.add(i);
        }
        return numbers;
    }

    synchronized ObjectNode version(String subject, String number) {
        var versions = versionsOf(subject);
        var index = index(versions, number);
        return version(subject, index + 1, versions.get(index));
    }

    synchronized ObjectNode compatible(String subject, String number, JsonNode request) {
        var versions = versionsOf(subject);
        var wanted = parse(request);
        var fault = incompatibility(level(subject), List.of(versions.get(index(versions, number))), wanted);
        return JsonNodeFactory.instance.objectNode().put("is_compatible", fault.isEmpty());
    }

    /** @param subject empty for all that have none of their own */
    synchronized void setLevel(String subject, String level) {
        compatibility.put(subject, level);
    }

    synchronized String level(String subject) {
        return compatibility.getOrDefault(subject, compatibility.getOrDefault("", ""));
    }

    private List<Stored> versionsOf(String subject) {
        var versions = subjects.get(subject);
        if (versions == null) {
            throw new RegistryError(40401, "Subject '%s' not found.".formatted(subject));
        }
        return versions;
    }

    private static int index(List<Stored> versions, String number) {
        var index = number.equals("latest") ? versions.size() : Integer.parseInt(number);
        if (index < 1 || index > versions.size()) {
            throw new RegistryError(40402, "Version %s not found.".formatted(number));
        }
        return index - 1;
    }

    private static ObjectNode version(String subject, int version, Stored stored) {
        return stored.json().put("subject", subject).put("version", version).put("id", stored.id());
    }

    private Stored withId(Stored wanted) {
        var known = byId.stream().filter(wanted::same).findFirst();
        if (known.isPresent()) {
            return known.get();
        }
        var added = new Stored(byId.size() + 1, wanted.type(), wanted.text(), wanted.references(), wanted.schema());
        byId.add(added);
        return added;
    }

    private Stored parse(JsonNode request) {
        var type = request.path("schemaType").asText(AVRO);
        var text = request.path("schema").asText();
        var references =
                request.path("references") instanceof ArrayNode given ? given : JsonNodeFactory.instance.arrayNode();
        try {
            var schema = type.equals(AVRO) ? parse(text, references, new Schema.Parser()) : null;
            return new Stored(
                    0, type, schema == null || !references.isEmpty() ? text : schema.toString(), references, schema);
        } catch (AvroRuntimeException e) {
            throw new RegistryError(42201, "Invalid schema: " + e.getMessage());
        }
    }

    /** Text of a schema that refers to others stays as it came: parsed, it would hold them. */
    private Schema parse(String text, ArrayNode references, Schema.Parser parser) {
        for (var reference : references) {
            var versions = versionsOf(reference.path("subject").asText());
            var referred =
                    versions.get(index(versions, reference.path("version").asText()));
            parse(referred.text(), referred.references(), parser);
        }
        return parser.parse(text);
    }

    private void check(String subject, List<Stored> versions, Stored wanted) {
        incompatibility(level(subject), versions, wanted).ifPresent(fault -> {
            throw new RegistryError(
                    409,
                    "Schema being registered is incompatible with an earlier schema for subject \"%s\": %s"
                            .formatted(subject, fault));
        });
    }

    private static Optional<String> incompatibility(String level, List<Stored> versions, Stored wanted) {
        var schema = wanted.schema();
        var earlier = versions.stream()
                .flatMap(stored -> Optional.ofNullable(stored.schema()).stream())
                .toList();
        if (level.equals("NONE") || schema == null || earlier.isEmpty()) {
            return Optional.empty();
        }
        var builder = new SchemaValidatorBuilder();
        var strategy = switch (level.replace("_TRANSITIVE", "")) {
            case "FORWARD" -> builder.canBeReadStrategy();
            case "FULL" -> builder.mutualReadStrategy();
            default -> builder.canReadStrategy();
        };
        try {
            var latestFirst = earlier.reversed();
            (level.endsWith("_TRANSITIVE") ? strategy.validateAll() : strategy.validateLatest())
                    .validate(schema, latestFirst);
            return Optional.empty();
        } catch (SchemaValidationException e) {
            return Optional.of(
                    String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }
}
