package dev.halfrate.processor.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.SchemaRef;
import dev.halfrate.processor.codec.WriterSchemas.Lookup;
import dev.halfrate.processor.config.RegistryConfig;
import java.net.URLEncoder;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;

/** A registry that speaks Confluent's REST interface. Blocks while it asks; remembers nothing. */
public final class SchemaRegistry implements AutoCloseable {
    /** Of one schema, by whatever way. */
    private static final int REFERENCES_MAX = 200;

    private final RegistryConfig config;
    private final RegistryHttp http;

    /** @throws RegistryException if the files of certificates and keys are of no use */
    public SchemaRegistry(RegistryConfig config) {
        this(config, RegistryHttp.ROUNDS);
    }

    private SchemaRegistry(RegistryConfig config, int rounds) {
        this.config = config;
        this.http = new RegistryHttp(config, rounds);
    }

    /**
     * One that is not asked again where it does not answer.
     *
     * @throws RegistryException if the files of certificates and keys are of no use
     */
    public static SchemaRegistry askingOnce(RegistryConfig config) {
        return new SchemaRegistry(config, 1);
    }

    /** It cannot be asked now. */
    static final class DownException extends Exception {
        private static final long serialVersionUID = 1L;

        DownException(String message) {
            super(message);
        }
    }

    /** @throws DownException if nothing can be concluded */
    Lookup find(SchemaRef schema) throws DownException, InterruptedException {
        var path = switch (schema) {
            case SchemaRef.Id(var id) -> "/schemas/ids/" + Integer.toUnsignedString(id);
            case SchemaRef.Guid(var guid) -> "/schemas/guids/" + guid;
        };
        return lookup(schema, http.get(path));
    }

    /** @throws DownException if nothing can be concluded */
    Lookup lookup(SchemaRef schema, Reply reply) throws DownException, InterruptedException {
        return switch (reply) {
            case Reply.Ok(var json) -> parse(schema, json);
            case Reply.No(var status, var code, var _)
            when status == 404 && code / 100 == 404 ->
                new Lookup.Missing(
                        DeadLetter.Reason.SCHEMA_UNKNOWN, "the registry has no schema of %s".formatted(schema));
            case Reply.No(var status, var code, var message) -> throw refused(status, code, message);
            case Reply.Down(var message) -> throw new DownException(message);
        };
    }

    private Lookup parse(SchemaRef name, JsonNode json) throws DownException, InterruptedException {
        var type = json.path("schemaType").asText("AVRO");
        if (!type.equals("AVRO")) {
            return new Lookup.Missing(
                    DeadLetter.Reason.SCHEMA_INCOMPATIBLE,
                    "the schema of %s is of type %s, it must be AVRO".formatted(name, type));
        }
        try {
            return new Lookup.Found(parse(json, new Schema.Parser(), new HashSet<>()));
        } catch (RuntimeException | StackOverflowError _) {
            // Of a name that nobody knows Avro makes a NullPointerException.
            return unreadable(name);
        }
    }

    private static Lookup unreadable(SchemaRef name) {
        return new Lookup.Missing(
                DeadLetter.Reason.SCHEMA_INCOMPATIBLE, "the schema of %s cannot be read".formatted(name));
    }

    /** What a schema refers to must be known to the parser before it. */
    private Schema parse(JsonNode json, Schema.Parser parser, Set<String> known)
            throws DownException, InterruptedException {
        for (var reference : json.path("references")) {
            var path = "/subjects/%s/versions/%d?deleted=true"
                    .formatted(
                            encoded(reference.path("subject").asText()),
                            reference.path("version").asInt());
            if (known.add(path)) {
                if (known.size() > REFERENCES_MAX) {
                    throw new SchemaParseException("more than %d references".formatted(REFERENCES_MAX));
                }
                switch (http.get(path)) {
                    case Reply.Ok(var referred) -> parse(referred, parser, known);
                    case Reply.No(var status, var code, var message) -> throw refused(status, code, message);
                    case Reply.Down(var message) -> throw new DownException(message);
                }
            }
        }
        return parser.parse(json.path("schema").asText());
    }

    /**
     * @return the id of {@code schema}, which is registered if the configuration says so, and else must be already
     * @throws RegistryException saying what to change
     */
    public int idOf(String topic, Schema schema) throws InterruptedException {
        var subject = config.subjects().of(topic, schema.getFullName());
        var body = JsonNodeFactory.instance.objectNode().put("schema", schema.toString());
        var path = "/subjects/" + encoded(subject);
        return switch (http.post(config.register() ? path + "/versions" : path, body)) {
            case Reply.Ok(var json)
            when json.path("id").isInt() -> json.path("id").intValue();
            case Reply.Ok _ -> throw new RegistryException("the schema registry gives no id for subject " + subject);
            case Reply.No(var status, var _, var _)
            when status == 404 && !config.register() ->
                throw new RegistryException(
                        "schema-registry: subject %s does not have the schema of %s: register it, or set schema-registry.register"
                                .formatted(subject, schema.getFullName()));
            case Reply.No(var status, var _, var message)
            when status == 409 ->
                throw new RegistryException(
                        "schema-registry: the schema of %s is not compatible with those that subject %s has: %s"
                                .formatted(schema.getFullName(), subject, message));
            case Reply.No(var status, var code, var message) ->
                throw new RegistryException("schema-registry: %s, for subject %s"
                        .formatted(refused(status, code, message).getMessage(), subject));
            case Reply.Down(var message) -> throw down(message);
        };
    }

    /**
     * Looks for a schema, and registers none.
     *
     * @return the id that {@code schema} has among those of its topic, empty if it is not registered
     * @throws RegistryException saying what to change, if nobody tells
     */
    public OptionalInt lookUp(String topic, Schema schema) throws InterruptedException {
        var subject = config.subjects().of(topic, schema.getFullName());
        var body = JsonNodeFactory.instance.objectNode().put("schema", schema.toString());
        return switch (http.post("/subjects/" + encoded(subject), body)) {
            case Reply.Ok(var json)
            when json.path("id").isInt() -> OptionalInt.of(json.path("id").intValue());
            case Reply.Ok _ -> throw new RegistryException("the schema registry gives no id for subject " + subject);
            case Reply.No(var status, var code, var _) when status == 404 && code / 100 == 404 -> OptionalInt.empty();
            case Reply.No(var status, var code, var message) -> throw refusal(status, code, message);
            case Reply.Down(var message) -> throw down(message);
        };
    }

    /**
     * Asks for any schema, whether it is there or not.
     *
     * @throws RegistryException saying what to change, if it does not answer as a registry
     */
    public void reach() throws InterruptedException {
        switch (http.get("/schemas/ids/1")) {
            case Reply.Ok _ -> {}
            case Reply.No(var status, var code, var _) when status == 404 && code / 100 == 404 -> {}
            case Reply.No(var status, var code, var message) -> throw refusal(status, code, message);
            case Reply.Down(var message) -> throw down(message);
        }
    }

    private static RegistryException refusal(int status, int code, String message) {
        return new RegistryException("the schema registry (schema-registry.urls): "
                + refused(status, code, message).getMessage());
    }

    private static RegistryException down(String message) {
        return new RegistryException("the schema registry (schema-registry.urls) does not answer: " + message);
    }

    private static DownException refused(int status, int code, String message) {
        return new DownException(
                status == 401 || status == 403
                        ? "it does not let us in (status %d): see user, password, token and tls below schema-registry"
                                .formatted(status)
                        : "it refuses with status %d, code %d: %s".formatted(status, code, message));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }

    @Override
    public void close() {
        http.close();
    }
}
