package dev.halfrate.processor.output;

import dev.halfrate.processor.codec.Result;
import org.jspecify.annotations.Nullable;

/** Whether an answer is as the rule for its result wants it. */
public sealed interface Judgement {
    /** @param output what the rule takes out of it; null for nothing */
    record Good(Result.@Nullable Output output) implements Judgement {}

    /**
     * @param message what is wrong with it; may quote the answer's names of members, so it is for the result only
     * @param retriesMax how often it may be asked for again
     */
    record Bad(String message, int retriesMax) implements Judgement {}
}
