package dev.halfrate.simulator;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pair of anchor and seconds that says how long a file lives. */
final class ExpiresAfter {

    private static final String ANCHOR = "created_at";

    private ExpiresAfter() {}

    static Duration parse(String param, ParameterRange range, @Nullable String anchor, @Nullable String seconds) {
        if (anchor == null) {
            throw RefusedException.badRequest(OpenAiError.missing(param + ".anchor"));
        }
        if (!anchor.equals(ANCHOR)) {
            throw RefusedException.badRequest(OpenAiError.notOneOf(param + ".anchor", anchor, List.of(ANCHOR)));
        }
        if (seconds == null) {
            throw RefusedException.badRequest(OpenAiError.missing(param + ".seconds"));
        }
        return Duration.ofSeconds(range.parse(param + ".seconds", seconds));
    }
}
