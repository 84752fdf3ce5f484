package dev.halfrate.simulator;

import dev.halfrate.simulator.RateLimits.Use;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.eclipse.jetty.http.HttpHeader;

/** How Anthropic tells what is left of a rate limit, and turns away who has used it up. */
final class AnthropicRateHeaders {

    private AnthropicRateHeaders() {}

    static void require(Call call, List<Use> uses, RateLimits limits, Instant now) {
        for (Use use : uses) {
            Meter.Standing standing = use.standing();
            String of = use.kind() == RateLimits.Kind.TOKENS ? "tokens" : "requests";
            String prefix = "anthropic-ratelimit-" + of;
            call.answerHeaders()
                    .put(prefix + "-limit", standing.limit())
                    .put(prefix + "-remaining", standing.remaining())
                    .put(prefix + "-reset", String.valueOf(MessageBatchObject.text(now.plus(standing.reset()))));
            if (!standing.taken()) {
                String period = use.kind() == RateLimits.Kind.BATCH_CREATES ? "hour" : "minute";
                throw tooMany(
                        call,
                        limits.realSeconds(standing.reset()),
                        String.format(
                                Locale.ROOT,
                                "This request would exceed your organization's rate limit of %,d %s per %s.",
                                standing.limit(),
                                of,
                                period));
            }
        }
    }

    static RefusedException tooMany(Call call, long retryAfterSeconds, String message) {
        call.answerHeaders().put(HttpHeader.RETRY_AFTER, retryAfterSeconds);
        return new RefusedException(429, OpenAiError.invalidRequest(message, null, null));
    }
}
