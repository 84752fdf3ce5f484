package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The example that docs/money.md works out by hand: requests to two models that share a system prompt, each of 2,000
 * tokens as the simulator counts them, with answers of 50. One has a deadline.
 */
final class WorkedExample implements RequestLines {
    static final int REQUESTS = 10_000;

    /** What a model says at least, so that its answers end at their limit. */
    static final int ANSWER_BYTES_MIN = 400;

    static final String CHEAP = "gpt-4o-mini";
    static final String DEAR = "gpt-4o";

    /** In dollars, as docs/money.md has them. */
    static final Map<String, BigDecimal> PAID = Map.of(CHEAP, new BigDecimal("0.76"), DEAR, new BigDecimal("8.44"));

    /** Six of ten requests are for the cheap model. */
    private static final int OF = 10;

    private static final int CHEAP_ONES = 6;

    private static final int MESSAGES_BYTES = 8_000;
    private static final String HEAD = "[{\"role\": \"system\", \"content\": \"";
    private static final String RULE = "Sort the review into praise, complaint or question, and say why in one line. ";

    @Override
    public long count() {
        return REQUESTS;
    }

    /** The last one cannot wait for a batch. */
    @Override
    public Map<String, String> headers(long number) {
        return number == REQUESTS - 1 ? Map.of("halfrate-mode", "auto", "halfrate-deadline", "1m") : Map.of();
    }

    @Override
    public Reader open() {
        return new Reader() {
            private int made;

            @Override
            public byte @Nullable [] next() {
                return made == REQUESTS ? null : line(made++).getBytes(UTF_8);
            }

            @Override
            public void close() {}
        };
    }

    private static String line(int number) {
        var tail = "\"}, {\"role\": \"user\", \"content\": \"Sort review %06d\"}]".formatted(number);
        var room = MESSAGES_BYTES - HEAD.length() - tail.length();
        var system = RULE.repeat(Math.ceilDiv(room, RULE.length())).substring(0, room);
        var model = number % OF < CHEAP_ONES ? CHEAP : DEAR;
        return """
                {"custom_id": "review-%06d", "method": "POST", "url": "/v1/chat/completions", "body": \
                {"model": "%s", "messages": %s, "max_tokens": 50}}""".formatted(number, model, HEAD + system + tail);
    }
}
