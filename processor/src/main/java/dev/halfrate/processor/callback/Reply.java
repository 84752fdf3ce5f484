package dev.halfrate.processor.callback;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How one try ended. */
sealed interface Reply {

    /** @param retryAfter what the endpoint asks for; null if it does not */
    record Answered(int status, @Nullable Duration retryAfter) implements Reply {
        boolean ok() {
            return status >= 200 && status < 300;
        }

        /** @return whether it wants no more callbacks */
        boolean gone() {
            return status == 410;
        }
    }

    /** @param reason without anything of what was sent or where to */
    record Silent(String reason) implements Reply {}
}
