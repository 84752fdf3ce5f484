package dev.halfrate.processor.lane;

import java.time.Instant;

/** What happens to one lane. */
public sealed interface LaneEvent {
    /** @return when, by the lane's own wall clock */
    Instant at();

    /**
     * A chunk came, free of repeats; its number is the state's nextSeq.
     *
     * @param items at least one
     * @param bytes encoded upstream bytes of all of them
     * @param firstExpiresAt end of the first item's life
     */
    record Arrived(Instant at, int items, long bytes, Instant firstExpiresAt) implements LaneEvent {}

    /** Items came that are to be tried again later; the lane has them, but no window does before they are due. */
    record Delayed(Instant at, int items) implements LaneEvent {}

    /** Items that were delayed are due: they come as any others do. */
    record Due(Arrived chunk) implements LaneEvent {
        @Override
        public Instant at() {
            return chunk.at();
        }
    }

    /** One of the lane's batches is over. */
    record Settled(Instant at) implements LaneEvent {}

    /** What waits now shall not wait for more. */
    record Flushed(Instant at) implements LaneEvent {}

    /** A batch as the lane's go that was sealed now would be late for those whose deadline is before {@code until}. */
    record DeadlinesNear(Instant at, Instant until) implements LaneEvent {}

    /** Somebody has cancelled an item that waits. */
    record Withdrawn(Instant at, long seq, int item) implements LaneEvent {}

    /** Somebody has cancelled an item that is delayed. */
    record DelayedWithdrawn(Instant at) implements LaneEvent {}

    /** Time has passed. */
    record Ticked(Instant at) implements LaneEvent {}
}
