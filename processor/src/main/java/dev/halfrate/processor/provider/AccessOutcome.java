package dev.halfrate.processor.provider;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How the question ended whether a key lets us in. */
public sealed interface AccessOutcome {
    /** @return the vendor's clock as its answer shows it, null if it does not */
    @Nullable
    Instant date();

    /** @param organization whose the key is, as answers name it; empty if they do not */
    record Granted(String organization, @Nullable Instant date) implements AccessOutcome {}

    record Refused(Refusal refusal, @Nullable Instant date) implements AccessOutcome {}

    /**
     * The server answered, but not as a vendor does.
     *
     * @param status of HTTP
     */
    record Odd(int status, @Nullable Instant date) implements AccessOutcome {}

    /** @param reason short, for people; in our words */
    record NoAnswer(String reason) implements AccessOutcome {
        @Override
        public @Nullable Instant date() {
            return null;
        }
    }
}
