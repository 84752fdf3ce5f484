package dev.halfrate.simulator;

import org.jspecify.annotations.Nullable;

/** The inside of Anthropic's error envelope. */
record AnthropicError(String type, String message) {

    record Envelope(
            String type, AnthropicError error, @Nullable String requestId) {}

    static AnthropicError of(int status, String message) {
        String type = switch (status) {
            case 401 -> "authentication_error";
            case 402 -> "billing_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 409 -> "conflict_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 500 -> "api_error";
            case 504 -> "timeout_error";
            case 529 -> "overloaded_error";
            default -> status > 500 ? "api_error" : "invalid_request_error";
        };
        return new AnthropicError(type, message);
    }

    Envelope envelope(@Nullable String requestId) {
        return new Envelope("error", this, requestId);
    }
}
