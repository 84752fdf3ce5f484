package dev.halfrate.processor.lane;

import dev.halfrate.processor.lane.LaneEffect.Expire;
import dev.halfrate.processor.lane.LaneEffect.Run;
import dev.halfrate.processor.lane.LaneEffect.Seal;
import dev.halfrate.processor.lane.LaneState.Queue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * Decides when a lane's window closes and what its batch holds.
 *
 * <p>A window is closed when enough waits (by count or bytes), when it was flushed, or when its oldest item is
 * too old. It is sealed only when the lane may have another batch in flight; until then it takes more items,
 * so back-pressure makes batches fuller instead of queues of batches longer. Items leave in the order they
 * came. One whose life has ended is never sealed. Items to be tried again later are in no window until they are due;
 * a flush is not for them.
 */
public final class LaneCore {
    /**
     * Items that one step looks at. Bounds the work of an event, and with it its transaction; what is left is
     * done at the next event, a tick at the latest. A full window always fits; one that would not fit into
     * what is left of a step waits for the next one rather than being sealed in part.
     */
    public static final int ITEMS_PER_STEP_MAX = 50_000;

    /** How long items are delayed at most: another host says until when, and its clock may be wrong. */
    public static final Duration DELAY_MAX = Duration.ofDays(1);

    private final LaneLimits limits;

    public LaneCore(LaneLimits limits) {
        this.limits = limits;
    }

    /** @return until when a chunk is delayed that is not to be sealed before {@code notBefore}; empty if it may come at once */
    public static Optional<Instant> delayedUntil(Instant notBefore, Instant now) {
        var latest = now.plus(DELAY_MAX);
        return Optional.of(notBefore.isAfter(latest) ? latest : notBefore).filter(due -> due.isAfter(now));
    }

    /** @param chunks the chunks from the state's firstSeq on, one that has just arrived included */
    public LaneStep on(LaneState state, LaneEvent event, LongFunction<? extends WaitingItems> chunks) {
        var present = switch (event) {
            case LaneEvent.Arrived arrived -> state.with(state.queue().append(arrived));
            case LaneEvent.Delayed delayed -> state.delay(delayed.items());
            case LaneEvent.Due due -> state.due(due.chunk());
            case LaneEvent.Settled _ -> state.settle();
            case LaneEvent.Flushed _ -> state.flush();
            case LaneEvent.Ticked _ -> state;
        };
        return new Dispatch(present, event.at(), chunks).run();
    }

    /** What fills a window wins over what only ends its wait: it says whether batches are as full as they can be. */
    private Optional<ClosedBy> closedBy(LaneState state, Instant now) {
        var queue = state.queue();
        if (queue.items() == 0) {
            return Optional.empty();
        }
        if (queue.items() >= limits.requestsMax()) {
            return Optional.of(ClosedBy.COUNT);
        }
        if (queue.bytes() >= limits.bytesMax()) {
            return Optional.of(ClosedBy.BYTES);
        }
        if (queue.firstSeq() < state.flushedUntil()) {
            return Optional.of(ClosedBy.FLUSH);
        }
        var old = !queue.headArrivedAt().plus(limits.ageMax()).isAfter(now);
        return old ? Optional.of(ClosedBy.AGE) : Optional.empty();
    }

    /** One step's walk from the head of the lane. */
    private final class Dispatch {
        private final Instant now;
        private final LongFunction<? extends WaitingItems> chunks;
        private final List<LaneEffect> effects = new ArrayList<>();
        private LaneState state;
        private int looks = ITEMS_PER_STEP_MAX;

        Dispatch(LaneState state, Instant now, LongFunction<? extends WaitingItems> chunks) {
            this.state = state;
            this.now = now;
            this.chunks = chunks;
        }

        LaneStep run() {
            var closed = closedBy(state, now);
            while (closed.isPresent() && state.inFlight() < limits.batchesInFlightMax() && looks >= windowItems()) {
                seal(closed.get());
                closed = closedBy(state, now);
            }
            var queue = state.queue();
            if (queue.items() > 0 && !queue.headExpiresAt().isAfter(now)) {
                take(0);
            }
            return new LaneStep(state, effects);
        }

        private int windowItems() {
            return Math.min(limits.requestsMax(), state.queue().items());
        }

        private void seal(ClosedBy by) {
            var live = take(limits.requestsMax());
            if (live.items > 0) {
                effects.add(new Seal(state.nextBatch(), now, by, List.copyOf(live.runs), live.items, live.bytes));
                state = state.seal();
            }
        }

        /** Moves the head over what has expired and over as many live items as a batch may hold. */
        private Taken take(int itemsMax) {
            var live = new Taken();
            var expired = new Taken();
            var queue = state.queue();
            var seq = queue.firstSeq();
            var item = queue.skip();
            var chunk = chunks.apply(seq);
            while (looks > 0) {
                var bytes = chunk.lineBytes(item);
                if (!chunk.expiresAt(item).isAfter(now)) {
                    expired.add(seq, item, bytes);
                } else if (live.hasRoomFor(bytes, itemsMax)) {
                    live.add(seq, item, bytes);
                } else {
                    break;
                }
                looks--;
                item++;
                if (item == chunk.size()) {
                    seq++;
                    item = 0;
                    if (seq == queue.nextSeq()) {
                        break;
                    }
                    chunk = chunks.apply(seq);
                }
            }
            if (expired.items > 0) {
                effects.add(new Expire(List.copyOf(expired.runs)));
            }
            var empty = seq == queue.nextSeq();
            state = state.with(new Queue(
                    seq,
                    item,
                    queue.nextSeq(),
                    queue.items() - live.items - expired.items,
                    queue.bytes() - live.bytes - expired.bytes,
                    empty ? Instant.EPOCH : chunk.arrivedAt(),
                    empty ? Instant.EPOCH : chunk.expiresAt(item)));
            return live;
        }
    }

    /** Items that leave the lane together. */
    private final class Taken {
        private final List<Run> runs = new ArrayList<>();
        private int items;
        private long bytes;

        /** An item larger than a batch goes alone: the vendor's refusal is then its result, while it would wait here. */
        boolean hasRoomFor(int lineBytes, int itemsMax) {
            return items < itemsMax && (items == 0 || bytes + lineBytes <= limits.bytesMax());
        }

        void add(long seq, int item, int lineBytes) {
            var last = runs.isEmpty() ? null : runs.getLast();
            if (last != null && last.seq() == seq && last.until() == item) {
                runs.set(runs.size() - 1, new Run(seq, last.from(), item + 1));
            } else {
                runs.add(new Run(seq, item, item + 1));
            }
            items++;
            bytes += lineBytes;
        }
    }
}
