package dev.halfrate.processor.call;

import dev.halfrate.processor.provider.CallOutcome;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Calls, time and chance: what a run needs from outside. */
interface Caller {

    /** A call that is over. */
    record Completed(Pending pending, CallOutcome outcome, long begunNanos) {}

    /** Begins a call; {@link #next} tells how it ended. */
    void begin(Pending pending);

    /** @return a call that is over, null if there is none until then */
    @Nullable
    Completed next(Duration atMost) throws InterruptedException;

    /** @return a reading of a monotonic clock */
    long nanos();

    Instant now();

    /** @return 0..1 */
    double random();
}
