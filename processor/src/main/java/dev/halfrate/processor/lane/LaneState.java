package dev.halfrate.processor.lane;

import java.time.Instant;

/**
 * Where one lane stands.
 *
 * @param flushedUntil chunks below this number were flushed
 * @param nextBatch number of the next batch; begins anew only if the lane was dropped meanwhile
 * @param inFlight batches sealed and not settled
 * @param delayed items that are to be tried again later, in no window until they are due
 */
public record LaneState(Queue queue, long flushedUntil, long nextBatch, int inFlight, int delayed) {
    /** A lane that has seen nothing yet. */
    public static final LaneState NEW = new LaneState(Queue.NEW, 0, 0, 0, 0);

    /**
     * What waits. Of constant size: the waiting chunks have consecutive numbers, so two of them say which
     * chunks there are.
     *
     * @param firstSeq number of the chunk at the head; equals nextSeq while nothing waits
     * @param skip how many items of that chunk have left already
     * @param nextSeq number of the next chunk that comes
     * @param items that wait
     * @param bytes encoded upstream bytes of those
     * @param headArrivedAt, headExpiresAt of the item at the head; the epoch while nothing waits
     */
    public record Queue(
            long firstSeq,
            int skip,
            long nextSeq,
            int items,
            long bytes,
            Instant headArrivedAt,
            Instant headExpiresAt) {

        static final Queue NEW = new Queue(0, 0, 0, 0, 0, Instant.EPOCH, Instant.EPOCH);

        /** The head is that item from now on. */
        Queue from(long seq, int item, Instant arrivedAt, Instant expiresAt) {
            return new Queue(seq, item, nextSeq, items, bytes, arrivedAt, expiresAt);
        }

        /** Some have left from among the others. */
        Queue without(int leftItems, long leftBytes) {
            return leftItems == items
                    ? new Queue(nextSeq, 0, nextSeq, 0, 0, Instant.EPOCH, Instant.EPOCH)
                    : new Queue(
                            firstSeq,
                            skip,
                            nextSeq,
                            items - leftItems,
                            bytes - leftBytes,
                            headArrivedAt,
                            headExpiresAt);
        }

        Queue append(LaneEvent.Arrived chunk) {
            return new Queue(
                    firstSeq,
                    skip,
                    nextSeq + 1,
                    items + chunk.items(),
                    bytes + chunk.bytes(),
                    items == 0 ? chunk.at() : headArrivedAt,
                    items == 0 ? chunk.firstExpiresAt() : headExpiresAt);
        }
    }

    /** @return whether nothing waits, nothing is delayed and nothing is in flight */
    public boolean isEmpty() {
        return queue.items == 0 && inFlight == 0 && delayed == 0;
    }

    LaneState with(Queue after) {
        return new LaneState(after, flushedUntil, nextBatch, inFlight, delayed);
    }

    LaneState flush() {
        return new LaneState(queue, queue.nextSeq, nextBatch, inFlight, delayed);
    }

    LaneState seal() {
        return new LaneState(queue, flushedUntil, nextBatch + 1, inFlight + 1, delayed);
    }

    LaneState settle() {
        return new LaneState(queue, flushedUntil, nextBatch, inFlight - 1, delayed);
    }

    LaneState delay(int items) {
        return new LaneState(queue, flushedUntil, nextBatch, inFlight, delayed + items);
    }

    LaneState due(LaneEvent.Arrived chunk) {
        return new LaneState(queue.append(chunk), flushedUntil, nextBatch, inFlight, delayed - chunk.items());
    }
}
