package dev.halfrate.processor.provider.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.http.Refusals;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The vendor's error codes. */
final class ErrorCodes {
    /** There is no code for that. */
    private static final Pattern TOO_LARGE = Pattern.compile("larger than the [0-9,]{1,20} maximum");

    private ErrorCodes() {}

    /** @return the level at which an error object acts, whatever it came with; empty if neither code nor type says */
    static Optional<Kind> kindOf(JsonNode error) {
        if (TOO_LARGE.matcher(error.path("message").asText("")).find()) {
            return Optional.of(Kind.TOO_LARGE);
        }
        return kindOf(Refusals.code(error, "code")).or(() -> kindOf(Refusals.code(error, "type")));
    }

    private static Optional<Kind> kindOf(@Nullable String code) {
        return switch (code) {
            case "token_limit_exceeded", "batch_limit_exceeded" -> Optional.of(Kind.QUEUE_FULL);
            case "insufficient_quota", "billing_hard_limit_reached", "billing_not_active" -> Optional.of(Kind.CREDIT);
            case "invalid_api_key", "account_deactivated" -> Optional.of(Kind.KEY);
            case "rate_limit_exceeded" -> Optional.of(Kind.RATE);
            case "too_many_tasks" -> Optional.of(Kind.TOO_LARGE);
            case "model_not_found" -> Optional.of(Kind.BAD_REQUEST);
            case null, default -> Optional.empty();
        };
    }
}
