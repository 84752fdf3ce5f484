package dev.halfrate.processor.call;

import java.time.Instant;

/**
 * A request on its way to its result.
 *
 * @param since when it was taken up
 */
record Pending(CallRequest request, Tries tries, Instant since) {
    Pending after(Tries more) {
        return new Pending(request, more, since);
    }
}
