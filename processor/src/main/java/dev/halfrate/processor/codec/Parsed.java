package dev.halfrate.processor.codec;

import org.jspecify.annotations.Nullable;

/** What became of a request record's value. */
public sealed interface Parsed {

    /**
     * A request as its producer wrote it; whether anybody takes it is not decided here.
     *
     * @param url as written
     * @param bodyOffset where the body begins in the record's value; its {@code bodyBytes} are to be used as they are
     * @param outputTokensMax the limit that the body sets for all answers, 0 if it sets none; -n if it wants n answers and
     *     sets none
     * @param prefix stands for what the prompt begins with; 0 if it is too short for any cache
     * @param metadata where the body's metadata stands in the record's value, whatever it is; null for none
     */
    record Request(
            String customId,
            String url,
            String model,
            int bodyOffset,
            int bodyBytes,
            int outputTokensMax,
            long prefix,
            @Nullable Slice metadata)
            implements Parsed {}

    /**
     * A request that gets a result right away.
     *
     * @param model empty if it could not be read
     * @param message says what to change
     */
    record Rejected(String customId, String model, Rejection rejection, String message) implements Parsed {}

    /**
     * A value that no result can answer.
     *
     * @param message says what to change and never quotes the value
     */
    record Unusable(DeadLetter.Reason reason, String message) implements Parsed {}
}
