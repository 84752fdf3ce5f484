package dev.halfrate.processor.lane;

/**
 * How many tokens requests have, learned from what the vendor reported of earlier ones. Older reports fade with the number
 * of later answers: a few batches of another kind are enough to turn it, a few requests are not.
 *
 * @param bytes encoded upstream bytes of requests whose usage was reported, faded
 * @param inputTokens of those
 * @param answers how many those were
 * @param outputTokens of their answers
 */
public record TokenRatio(long bytes, long inputTokens, long answers, long outputTokens) {
    public static final TokenRatio UNKNOWN = new TokenRatio(0, 0, 0, 0);

    /** As long as nothing was reported. */
    static final int BYTES_PER_TOKEN = 4;

    /** What one report makes fade at most: that of {@link #ANSWERS} times it, or more. */
    private static final double FADING_MAX = 0.25;

    private static final double ANSWERS = 2_000;

    public boolean isKnown() {
        return inputTokens > 0;
    }

    /** @return what is known after a batch; a report without input tokens says nothing */
    public TokenRatio plus(long newBytes, long newInputTokens, long newAnswers, long newOutputTokens) {
        if (newBytes <= 0 || newInputTokens <= 0) {
            return this;
        }
        var kept = bytes == 0 ? 0 : 1 - Math.min(FADING_MAX, newAnswers / ANSWERS);
        return new TokenRatio(
                Math.round(bytes * kept) + newBytes,
                Math.round(inputTokens * kept) + newInputTokens,
                Math.round(answers * kept) + newAnswers,
                Math.round(outputTokens * kept) + newOutputTokens);
    }

    /** @return input tokens that encoded upstream bytes have, rounded up */
    public long tokens(long encodedBytes) {
        return isKnown()
                ? (long) Math.ceil((double) encodedBytes * inputTokens / bytes)
                : Math.ceilDiv(encodedBytes, BYTES_PER_TOKEN);
    }
}
