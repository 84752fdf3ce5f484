package dev.halfrate.simulator;

import dev.halfrate.simulator.RateLimits.Use;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.eclipse.jetty.http.HttpHeader;

/** How OpenAI tells what is left of a rate limit, and turns away who has used it up. */
final class OpenAiRateHeaders {

    private OpenAiRateHeaders() {}

    static void require(Call call, String model, List<Use> uses, RateLimits limits) {
        for (Use use : uses) {
            String of = use.kind().name().toLowerCase(Locale.ROOT);
            Meter.Standing standing = use.standing();
            if (use.kind() == RateLimits.Kind.REQUESTS || use.kind() == RateLimits.Kind.TOKENS) {
                call.answerHeaders()
                        .put("x-ratelimit-limit-" + of, standing.limit())
                        .put("x-ratelimit-remaining-" + of, standing.remaining())
                        .put("x-ratelimit-reset-" + of, text(standing.reset()));
            }
            if (!standing.taken()) {
                throw tooMany(call, limits.realSeconds(standing.reset()), message(call, model, use), of);
            }
        }
    }

    static RefusedException tooMany(Call call, long retryAfterSeconds, String message, String type) {
        call.answerHeaders().put(HttpHeader.RETRY_AFTER, retryAfterSeconds);
        return new RefusedException(429, new OpenAiError(message, type, null, "rate_limit_exceeded"));
    }

    private static String message(Call call, String model, Use use) {
        String unit = switch (use.kind()) {
            case BATCH_CREATES -> "batch creations per hour";
            case BATCH_CALLS -> "batch requests per min";
            case REQUESTS -> "requests per min (RPM)";
            case TOKENS -> "tokens per min (TPM)";
        };
        return "Rate limit reached%s in organization %s on %s: Limit %d. Please try again in %s."
                .formatted(
                        model.isEmpty() ? "" : " for " + model,
                        call.account(),
                        unit,
                        use.standing().limit(),
                        text(use.standing().reset()));
    }

    /** As Go would write it: {@code 12ms}, {@code 1s}, {@code 6m30s}. */
    static String text(Duration duration) {
        if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
            return duration.toMillis() + "ms";
        }
        String hours = duration.toHours() > 0 ? duration.toHours() + "h" : "";
        String minutes = duration.toMinutes() > 0 ? duration.toMinutesPart() + "m" : "";
        return hours + minutes + duration.toSecondsPart() + "s";
    }
}
