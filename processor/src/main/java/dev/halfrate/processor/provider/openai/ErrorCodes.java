package dev.halfrate.processor.provider.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.halfrate.processor.provider.Refusal.Kind;
import dev.halfrate.processor.provider.http.Refusals;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The vendor's error codes. */
final class ErrorCodes {
    private ErrorCodes() {}

    /** @return the level at which an error object acts, whatever it came with; empty if neither code nor type says */
    static Optional<Kind> kindOf(JsonNode error) {
        return kindOf(Refusals.code(error, "code")).or(() -> kindOf(Refusals.code(error, "type")));
    }

    /** @return empty if the code does not say */
    static Optional<Kind> kindOf(@Nullable String code) {
        return switch (code) {
            case "token_limit_exceeded", "batch_limit_exceeded" -> Optional.of(Kind.QUEUE_FULL);
            case "insufficient_quota", "billing_hard_limit_reached", "billing_not_active" -> Optional.of(Kind.CREDIT);
            case "invalid_api_key" -> Optional.of(Kind.KEY);
            case "rate_limit_exceeded" -> Optional.of(Kind.RATE);
            case "too_many_tasks" -> Optional.of(Kind.TOO_LARGE);
            case null, default -> Optional.empty();
        };
    }
}
