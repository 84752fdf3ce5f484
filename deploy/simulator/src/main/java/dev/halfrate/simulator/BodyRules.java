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

    private BodyRules() {}

    static Optional<OpenAiError> violation(Endpoint endpoint, InputLine.Body body) {
        return body.parameters().properties().stream()
                .filter(parameter -> !parameter.getValue().isNull())
                .map(parameter -> rangeViolation(parameter.getKey(), parameter.getValue()))
                .flatMap(Optional::stream)
                .findFirst()
                .or(() -> promptViolation(endpoint, body.prompt(endpoint)));
    }

    private static Optional<OpenAiError> rangeViolation(String param, JsonNode value) {
        ParameterRange range = RANGES.get(param);
        if (range == null) {
            return Optional.empty();
        }
        boolean typed = range.kind().equals("integer") ? value.isIntegralNumber() : value.isNumber();
        return typed
                ? range.violation(param, value.decimalValue())
                : Optional.of(OpenAiError.wrongType(
                        param, range.kind().equals("integer") ? "an integer" : "a decimal", value.asToken()));
    }

    private static Optional<OpenAiError> promptViolation(Endpoint endpoint, InputLine.@Nullable Prompt prompt) {
        if (prompt == null) {
            return Optional.empty();
        }
        String param = endpoint.promptParameter();
        if (endpoint == Endpoint.CHAT_COMPLETIONS && prompt.kind() != JsonToken.START_ARRAY) {
            return Optional.of(OpenAiError.wrongType(param, "an array of objects", prompt.kind()));
        }
        return prompt.items() > 0
                ? Optional.empty()
                : Optional.of(OpenAiError.invalidRequest(
                        "Invalid '%s': empty array. Expected an array with minimum length 1, but got an empty array instead."
                                .formatted(param),
                        param,
                        "empty_array"));
    }
}
