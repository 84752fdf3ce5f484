package dev.halfrate.simulator;

import com.fasterxml.jackson.core.JsonToken;
import org.jspecify.annotations.Nullable;

/** The inside of the vendor's error envelope. */
record OpenAiError(
        String message,
        String type,
        @Nullable String param,
        @Nullable String code) {

    record Envelope(OpenAiError error) {}

    Envelope envelope() {
        return new Envelope(this);
    }

    static OpenAiError invalidRequest(String message, @Nullable String param, @Nullable String code) {
        return new OpenAiError(message, "invalid_request_error", param, code);
    }

    static OpenAiError server(String message) {
        return new OpenAiError(message, "server_error", null, null);
    }

    static OpenAiError missing(String param) {
        return invalidRequest(
                "Missing required parameter: '%s'.".formatted(param), param, "missing_required_parameter");
    }

    static OpenAiError emptyArray(String param) {
        return invalidRequest(
                "Invalid '%s': empty array. Expected an array with minimum length 1, but got an empty array instead."
                        .formatted(param),
                param,
                "empty_array");
    }

    static OpenAiError wrongType(String param, String expected, @Nullable JsonToken got) {
        return invalidRequest(
                "Invalid type for '%s': expected %s, but got %s instead.".formatted(param, expected, Json.nameOf(got)),
                param,
                "invalid_type");
    }

    static OpenAiError notOneOf(String param, String got, Iterable<String> supported) {
        return invalidRequest(
                "Invalid value: '%s'. Supported values are: '%s'.".formatted(got, String.join("', '", supported)),
                param,
                "invalid_value");
    }
}
