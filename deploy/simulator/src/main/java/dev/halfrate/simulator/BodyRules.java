package dev.halfrate.simulator;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Mistakes in a body that the model endpoint answers with a 400. */
final class BodyRules {

    private static final Map<String, ParameterRange> RANGES = Map.of(
            "temperature", ParameterRange.decimals(0, 2),
            "top_p", ParameterRange.decimals(0, 1),
            "presence_penalty", ParameterRange.decimals(-2, 2),
            "frequency_penalty", ParameterRange.decimals(-2, 2),
            "n", ParameterRange.integers(1, 128),
            "max_tokens", ParameterRange.integers(1, Integer.MAX_VALUE),
            "max_completion_tokens", ParameterRange.integers(1, Integer.MAX_VALUE),
            "max_output_tokens", ParameterRange.integers(16, Integer.MAX_VALUE),
            "dimensions", ParameterRange.integers(1, 3_072));

    private static final ParameterRange IMAGES = ParameterRange.integers(1, 10);

    private BodyRules() {}

    static Optional<OpenAiError> violation(Endpoint endpoint, InputLine.Body body) {
        return body.parameters().properties().stream()
                .filter(parameter -> !parameter.getValue().isNull())
                .map(parameter -> rangeViolation(endpoint, parameter.getKey(), parameter.getValue()))
                .flatMap(Optional::stream)
                .findFirst()
                .or(() -> promptViolation(endpoint, body.prompt(endpoint)))
                .or(() -> imageViolation(endpoint, body));
    }

    private static Optional<OpenAiError> rangeViolation(Endpoint endpoint, String param, JsonNode value) {
        ParameterRange range = endpoint.makesImages() && param.equals("n") ? IMAGES : RANGES.get(param);
        if (range == null) {
            return Optional.empty();
        }
        boolean typed = range.kind().equals("integer") ? value.isIntegralNumber() : value.isNumber();
        return typed
                ? range.violation(param, value.decimalValue())
                : Optional.of(OpenAiError.wrongType(
                        param, range.kind().equals("integer") ? "an integer" : "a decimal", value.asToken()));
    }

    /** What is to be edited has to come along. */
    private static Optional<OpenAiError> imageViolation(Endpoint endpoint, InputLine.Body body) {
        return endpoint == Endpoint.IMAGE_EDITS
                        && !body.parameters().has("images")
                        && !body.parameters().has("image")
                ? Optional.of(OpenAiError.missing("images"))
                : Optional.empty();
    }

    private static Optional<OpenAiError> promptViolation(Endpoint endpoint, InputLine.@Nullable Prompt prompt) {
        if (prompt == null) {
            return Optional.empty();
        }
        String param = endpoint.promptParameter();
        if (endpoint == Endpoint.CHAT_COMPLETIONS && prompt.kind() != JsonToken.START_ARRAY) {
            return Optional.of(OpenAiError.wrongType(param, "an array of objects", prompt.kind()));
        }
        return prompt.items() > 0 ? Optional.empty() : Optional.of(OpenAiError.emptyArray(param));
    }
}
