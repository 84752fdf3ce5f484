package dev.halfrate.processor.output;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.ConfigException;
import dev.halfrate.processor.config.ResultRuleConfig;
import dev.halfrate.processor.config.ResultRuleConfig.Extract;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One rule: what it takes out of an answer, and what that must look like. */
final class OutputRule {
    private static final int FAULTS_MAX = 5;
    private static final int FAULT_CHARS_MAX = 200;
    private static final String FENCE = "```";

    /** What two readers could read differently is no output. */
    private static final ObjectMapper JSON = JsonMapper.builder(JsonParts.JSON)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final ResultRuleConfig config;
    private final @Nullable Schema schema;

    private OutputRule(ResultRuleConfig config, @Nullable Schema schema) {
        this.config = config;
        this.schema = schema;
    }

    /**
     * @param key of the rule, for messages
     * @throws ConfigException if its schema is none
     */
    static OutputRule of(String key, ResultRuleConfig config) {
        return new OutputRule(config, config.schema().isEmpty() ? null : schema(key, config.schema()));
    }

    /** Drafts 4 to 2020-12; what a schema refers to must stand in it. */
    private static Schema schema(String key, String text) {
        try {
            var tree = JSON.readTree(text);
            var faults = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(
                            com.networknt.schema.SchemaLocation.of(SpecificationVersion.DRAFT_2020_12.getDialectId()))
                    .validate(tree);
            if (!faults.isEmpty()) {
                throw new ConfigException("%s.schema is no JSON Schema: %s".formatted(key, text(faults)));
            }
            var schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(tree);
            schema.initializeValidators();
            return schema;
        } catch (ConfigException e) {
            throw e;
        } catch (JsonProcessingException | RuntimeException e) {
            throw new ConfigException("%s.schema is no JSON Schema, or refers to what does not stand in it: %s"
                    .formatted(key, e.getMessage()));
        }
    }

    Judgement judge(String endpoint, byte[] body) {
        if (config.extract() == Extract.NONE) {
            return new Judgement.Good(null);
        }
        try {
            var answer = Answer.of(endpoint, body);
            return answer.isEmpty() ? new Judgement.Good(null) : judge(answer.get());
        } catch (IOException e) {
            return bad("the answer is no JSON");
        }
    }

    private Judgement judge(Answer answer) throws IOException {
        return switch (config.extract()) {
            case NONE -> new Judgement.Good(null);
            case TEXT ->
                new Judgement.Good(answer.text()
                        .map(text -> new Result.Output(false, text))
                        .orElse(null));
            case JSON -> structured(json(answer), "the answer has no text");
            case TOOL -> structured(answer.toolArguments(), "the answer calls no tool");
        };
    }

    private static Optional<byte[]> json(Answer answer) throws IOException {
        var text = answer.text();
        return text.isEmpty()
                ? Optional.empty()
                : Optional.of(unfenced(new JsonParts(text.get()).text(new JsonParts(text.get()).whole()))
                        .getBytes(UTF_8));
    }

    /** Models like to write JSON as a block of Markdown. */
    private static String unfenced(String text) {
        var stripped = text.strip();
        var begin = stripped.indexOf('\n');
        return stripped.startsWith(FENCE)
                        && stripped.endsWith(FENCE)
                        && begin >= 0
                        && begin < stripped.length() - FENCE.length()
                ? stripped.substring(begin + 1, stripped.length() - FENCE.length())
                        .strip()
                : stripped;
    }

    private Judgement structured(Optional<byte[]> json, String none) {
        if (json.isEmpty()) {
            return bad(none);
        }
        try {
            var faults = faults(JSON.readTree(json.get()));
            return faults.isEmpty() ? new Judgement.Good(new Result.Output(true, json.get())) : bad(text(faults));
        } catch (IOException e) {
            return bad("what it says is no JSON that every parser reads alike");
        } catch (RuntimeException | StackOverflowError e) {
            return bad("the schema cannot be applied to it (%s)"
                    .formatted(e.getClass().getSimpleName()));
        }
    }

    private List<Error> faults(JsonNode tree) throws IOException {
        if (tree.isMissingNode()) {
            throw new IOException("nothing");
        }
        return schema == null ? List.of() : schema.validate(tree);
    }

    private static String text(List<Error> faults) {
        return faults.stream()
                .limit(FAULTS_MAX)
                .map(fault -> "%s %s"
                        .formatted(fault.getInstanceLocation(), fault.getMessage())
                        .strip())
                .map(text -> text.length() > FAULT_CHARS_MAX ? text.substring(0, FAULT_CHARS_MAX) + "…" : text)
                .collect(Collectors.joining("; "));
    }

    private Judgement bad(String message) {
        return new Judgement.Bad(message, config.retriesMax());
    }
}
