package dev.halfrate.processor.provider.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.http.Refusals;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The vendor's error types. */
final class ErrorTypes {
    /** An empty purse comes as an invalid request too. */
    private static final Pattern NO_CREDIT =
            Pattern.compile("credit balance|(spend|usage) limit", Pattern.CASE_INSENSITIVE);

    private ErrorTypes() {}

    /** @return the level at which an error object acts; empty if it does not say */
    static Optional<Kind> kindOf(JsonNode error) {
        return switch (Refusals.code(error, "type")) {
            case "authentication_error", "permission_error" -> Optional.of(Kind.KEY);
            case "billing_error" -> Optional.of(Kind.CREDIT);
            case "not_found_error" -> Optional.of(Kind.NOT_FOUND);
            case "request_too_large" -> Optional.of(Kind.TOO_LARGE);
            case "rate_limit_error" -> Optional.of(Kind.RATE);
            case "overloaded_error" -> Optional.of(Kind.UNAVAILABLE);
            case "invalid_request_error" ->
                NO_CREDIT.matcher(error.path("message").asText("")).find()
                        ? Optional.of(Kind.CREDIT)
                        : Optional.empty();
            case null, default -> Optional.empty();
        };
    }

    /** @return what a line that ended so would have been answered with as a single call */
    static int statusOf(@Nullable String type) {
        return switch (type) {
            case "invalid_request_error" -> 400;
            case "authentication_error" -> 401;
            case "billing_error" -> 402;
            case "permission_error" -> 403;
            case "not_found_error" -> 404;
            case "conflict_error" -> 409;
            case "request_too_large" -> 413;
            case "rate_limit_error" -> 429;
            case "timeout_error" -> 504;
            case "overloaded_error" -> 529;
            case null, default -> 500;
        };
    }
}
