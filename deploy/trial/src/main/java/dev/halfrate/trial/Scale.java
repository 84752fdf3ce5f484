package dev.halfrate.trial;

import java.time.Duration;
import java.util.function.IntUnaryOperator;

/**
 * How large requests and batches are, and how long they may take.
 *
 * @param requestsMax of a batch
 * @param bytesMax of a batch, encoded
 * @param ageMax how long a window stays open
 * @param createTimeout how long a create may take
 * @param answerTokensMax of one request
 * @param promptBytes from a request's number to the length of its prompt, at least; 0 for a short one
 */
record Scale(
        int requestsMax,
        long bytesMax,
        Duration ageMax,
        Duration createTimeout,
        int answerTokensMax,
        IntUnaryOperator promptBytes) {

    /** Batches come soon. A create lasts less long than a stale owner is let loose while its successor still waits. */
    static final Scale SMALL = new Scale(20, 209_715_200, Duration.ofMillis(200), Duration.ofSeconds(2), 16, _ -> 0);

    private static final int REQUESTS_MAX = 50_000;
    private static final int PROMPT_BYTES_MIN = 2_000;
    private static final int PROMPT_BYTES_MAX = 20_000;

    /** One in so many is of the largest size. */
    private static final int LARGEST_EACH = 10;

    private static final int BYTES_AROUND_PROMPT = 280;
    private static final int MEAN_BYTES_MIN = 4_000;
    private static final int ANSWER_TOKENS_MAX = 16_000;
    private static final long BYTES_READ_PER_SECOND_MIN = 4_000_000;

    /** Batches of so many bytes, and of as many requests as go into one at the same time. */
    static Scale filling(long bytesMax) {
        var ageMax = Duration.ofSeconds(6 + bytesMax / BYTES_READ_PER_SECOND_MIN);
        var mean = meanBytes(bytesMax) - BYTES_AROUND_PROMPT;
        var others = (mean * LARGEST_EACH - PROMPT_BYTES_MAX) / (LARGEST_EACH - 1);
        var spread = 2 * (others - PROMPT_BYTES_MIN) + 1;
        return new Scale(
                REQUESTS_MAX,
                bytesMax,
                ageMax,
                Duration.ofMinutes(5),
                ANSWER_TOKENS_MAX,
                number -> number % LARGEST_EACH == 0 ? PROMPT_BYTES_MAX : PROMPT_BYTES_MIN + number * 7 % spread);
    }

    /** @return bytes of a line if the batch is to be full of both */
    static int meanBytes(long bytesMax) {
        return Math.max(MEAN_BYTES_MIN, (int) (bytesMax / (REQUESTS_MAX - REQUESTS_MAX / 50)));
    }
}
