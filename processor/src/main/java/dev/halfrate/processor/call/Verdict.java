package dev.halfrate.processor.call;

import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.money.Usage;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What becomes of a request after a call. */
sealed interface Verdict {

    /**
     * It has its result.
     *
     * @param httpStatus 0 if there was no answer
     * @param failure null if it succeeded
     */
    record Ends(
            Tries tries,
            int httpStatus,
            byte @Nullable [] body,
            Result.@Nullable Failure failure,
            @Nullable Usage usage)
            implements Verdict {}

    /** It is sent again, not before the pause is over. */
    record Again(Tries tries, Duration pause) implements Verdict {}

    /** It was not executed, and neither would any other be: nothing more is sent. */
    record GiveUp(String reason) implements Verdict {}
}
