package dev.halfrate.processor.lane;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a decision has to know about a chunk that waits. */
public interface WaitingItems {
    Instant arrivedAt();

    /** @return items, those at the head that have left included */
    int size();

    /** @return encoded upstream bytes of an item */
    int lineBytes(int item);

    /** @return output tokens that an item allows, 0 if it sets no limit */
    int outputTokensMax(int item);

    /** @return whether an item has left before those ahead of it */
    boolean hasLeft(int item);

    /** @return when an item's answer is wanted, null if it has no deadline */
    @Nullable
    Instant deadline(int item);

    /** @return whether others may begin as an item does */
    boolean hasPrefix(int item);

    /** @return whether an item may leave the lane where a batch is no use */
    boolean mayLeave(int item);

    /** @return end of an item's life */
    Instant expiresAt(int item);
}
