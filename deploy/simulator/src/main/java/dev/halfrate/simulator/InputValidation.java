package dev.halfrate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the vendor checks in an input file after the batch was created, in one pass. */
final class InputValidation {

    static final int EMBEDDING_INPUTS_MAX = 50_000;
    static final int ERRORS_MAX = 100;

    sealed interface Outcome {
        record Valid(ValidInput input) implements Outcome {}

        record Invalid(List<BatchError> errors) implements Outcome {}
    }

    private final Dialect dialect;
    private final Endpoint endpoint;
    private final int errorsMax;
    private final List<BatchError> errors = new ArrayList<>();
    private final Set<String> customIds = new HashSet<>();
    private @Nullable String model;
    private long embeddingInputs;
    private long promptTokens;

    private InputValidation(Dialect dialect, Endpoint endpoint, ValidationReport report) {
        this.dialect = dialect;
        this.endpoint = endpoint;
        this.errorsMax = switch (report) {
            case EVERY_LINE -> ERRORS_MAX;
            case FIRST_LINE -> 1;
        };
    }

    static Outcome validate(Path file, Dialect dialect, Endpoint endpoint, ValidationReport report) throws IOException {
        return new InputValidation(dialect, endpoint, report).validate(file);
    }

    private Outcome validate(Path file) throws IOException {
        int linesMax = dialect.linesMax();
        long[] offsets = new long[linesMax + 1];
        int lines = 0;
        try (LineReader reader = new LineReader(file)) {
            for (byte[] line = reader.next(); line != null && errors.size() < errorsMax; line = reader.next()) {
                if (lines == linesMax) {
                    return new Outcome.Invalid(List.of(BatchError.ofFile(
                            "too_many_tasks",
                            null,
                            "The batch input file has more than the %d requests a batch may have."
                                    .formatted(linesMax))));
                }
                offsets[++lines] = reader.position();
                BatchError error = errorIn(lines, line);
                if (error != null) {
                    errors.add(error);
                }
            }
        }
        if (!errors.isEmpty()) {
            return new Outcome.Invalid(List.copyOf(errors));
        }
        return new Outcome.Valid(new ValidInput(
                file, endpoint, Objects.requireNonNull(model), promptTokens, Arrays.copyOf(offsets, lines + 1)));
    }

    private @Nullable BatchError errorIn(int number, byte[] bytes) throws IOException {
        InputLine line = InputLine.parse(bytes).orElse(null);
        if (line == null) {
            return BatchError.ofLine(number, "invalid_json_line", null, "This line is not parseable as valid JSON.");
        }
        OpenAiError fieldError = fieldError(line);
        if (fieldError != null) {
            return BatchError.ofLine(number, fieldError);
        }
        if (line.url() == null || !dialect.endpoint(line.url()).equals(Optional.of(endpoint))) {
            return BatchError.ofLine(
                    number,
                    dialect.codeOf("invalid_url"),
                    "url",
                    "The URL provided for this request does not match the batch endpoint.");
        }
        if (line.customId() != null && !customIds.add(line.customId())) {
            return BatchError.ofLine(
                    number,
                    "duplicate_custom_id",
                    "custom_id",
                    "The custom_id '%s' is used by another request of this file.".formatted(line.customId()));
        }
        return line.body() == null ? null : bodyError(number, line.body());
    }

    private static @Nullable OpenAiError fieldError(InputLine line) {
        if (line.mistyped() != null) {
            return line.mistyped();
        }
        if (line.customId() == null) {
            return OpenAiError.missing("custom_id");
        }
        if (line.method() == null) {
            return OpenAiError.missing("method");
        }
        if (line.url() == null) {
            return OpenAiError.missing("url");
        }
        if (line.body() == null) {
            return OpenAiError.missing("body");
        }
        return line.method().equals("POST") ? null : OpenAiError.notOneOf("method", line.method(), List.of("POST"));
    }

    private @Nullable BatchError bodyError(int number, InputLine.Body body) {
        String asked = endpoint.modelOf(body);
        if (asked.isEmpty()) {
            return BatchError.ofLine(number, "invalid_request", "body.model", "Model parameter is required.");
        }
        if (!dialect.knowsModel(asked)) {
            return BatchError.ofLine(
                    number,
                    "model_not_found",
                    "body.model",
                    "The provided model '%s' is not supported by the Batch API.".formatted(asked));
        }
        if (model == null) {
            model = asked;
        } else if (!asked.equals(model)) {
            return BatchError.ofLine(
                    number,
                    dialect.codeOf("mismatched_model"),
                    "body.model",
                    "The provided model '%s' is not the model '%s' of the file's other requests."
                            .formatted(asked, model));
        }
        JsonNode stream = body.parameters().path("stream");
        if (stream.isBoolean() && stream.booleanValue()) {
            return BatchError.ofLine(
                    number,
                    "streaming_unsupported",
                    "body.stream",
                    endpoint.title() + ": Streaming is not supported in the Batch API.");
        }
        InputLine.Prompt prompt = body.prompt(endpoint);
        if (prompt == null) {
            return endpoint.requiresPrompt()
                    ? BatchError.ofLine(
                            number,
                            "invalid_request",
                            "body." + endpoint.promptParameter(),
                            capitalized(endpoint.promptParameter()) + " parameter is required.")
                    : null;
        }
        promptTokens += Usage.tokensOf(prompt.bytes());
        if (endpoint == Endpoint.EMBEDDINGS) {
            embeddingInputs += prompt.items();
            if (embeddingInputs > EMBEDDING_INPUTS_MAX) {
                return BatchError.ofLine(
                        number,
                        "invalid_request",
                        "body.input",
                        "A batch may have at most %d embedding inputs.".formatted(EMBEDDING_INPUTS_MAX));
            }
        }
        return null;
    }

    private static String capitalized(String name) {
        return Character.toUpperCase(name.charAt(0)) + name.substring(1);
    }
}
