package dev.halfrate.processor.lane;

import dev.halfrate.processor.lane.LaneEffect.Divert;
import dev.halfrate.processor.lane.LaneEffect.Expire;
import dev.halfrate.processor.lane.LaneEffect.Hasten;
import dev.halfrate.processor.lane.LaneEffect.Reject;
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
 * <p>A window is closed when enough waits (by count, bytes or estimated tokens), when it was flushed, or when its oldest item is
 * too old. It is sealed only when the lane may have another batch in flight and its tokens have room at the vendor;
 * until then it takes more items, so back-pressure makes batches fuller instead of queues of batches longer. Items leave in the order they
 * came, unless a batch would be late for them. One whose life has ended is never sealed. Items to be tried again later are in no window until they are due;
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
    public LaneStep on(LaneState state, LaneEvent event, LongFunction<? extends WaitingItems> chunks, Room room) {
        var present = switch (event) {
            case LaneEvent.Arrived arrived -> state.with(state.queue().append(arrived));
            case LaneEvent.Delayed delayed -> state.delay(delayed.items());
            case LaneEvent.Due due -> state.due(due.chunk());
            case LaneEvent.Settled _ -> state.settle();
            case LaneEvent.Flushed _ -> state.flush();
            case LaneEvent.DelayedWithdrawn _ -> state.delay(-1);
            case LaneEvent.DeadlinesNear _, LaneEvent.Withdrawn _, LaneEvent.Ticked _ -> state;
        };
        var dispatch = new Dispatch(present, event.at(), chunks, room);
        return switch (event) {
            case LaneEvent.DeadlinesNear near -> dispatch.hasten(near.until());
            case LaneEvent.Withdrawn(var _, var seq, var item) -> dispatch.withdraw(seq, item);
            default -> dispatch.run();
        };
    }

    /** @return whether a batch would be sealed now if there was room for it */
    public boolean wants(LaneState state, Instant now, Room room) {
        return state.inFlight() < limits.batchesInFlightMax()
                && closedBy(state, now, room).isPresent();
    }

    /** What fills a window wins over what only ends its wait: it says whether batches are as full as they can be. */
    private Optional<ClosedBy> closedBy(LaneState state, Instant now, Room room) {
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
        if (room.ratio().tokens(queue.bytes()) >= Math.min(limits.tokensMax(), room.full())) {
            return Optional.of(ClosedBy.TOKENS);
        }
        if (queue.firstSeq() < state.flushedUntil()) {
            return Optional.of(ClosedBy.FLUSH);
        }
        var ageMax = isSparse(queue) && !limits.leaves() ? limits.belowMinAgeMax() : limits.ageMax();
        var old = !queue.headArrivedAt().plus(ageMax).isAfter(now);
        return old ? Optional.of(ClosedBy.AGE) : Optional.empty();
    }

    private boolean isSparse(Queue queue) {
        return queue.items() < limits.requestsMin();
    }

    /** One step's walk from the head of the lane. */
    private final class Dispatch {
        private final Instant now;
        private final LongFunction<? extends WaitingItems> chunks;
        private final List<LaneEffect> effects = new ArrayList<>();
        private final Room room;
        private LaneState state;
        private long tokensFree;
        private long picosFree;
        private boolean alone;
        private int sealed;
        private int looks = ITEMS_PER_STEP_MAX;

        Dispatch(LaneState state, Instant now, LongFunction<? extends WaitingItems> chunks, Room room) {
            this.state = state;
            this.now = now;
            this.chunks = chunks;
            this.room = room;
            this.tokensFree = room.tokens();
            this.picosFree = room.purse().picos();
            this.alone = room.alone();
        }

        LaneStep run() {
            var closed = closedBy(state, now, room);
            while (closed.isPresent()
                    && state.inFlight() < limits.batchesInFlightMax()
                    && sealed < room.batchesMax()
                    && looks >= windowItems()
                    && isWorthIt()
                    && seal(closed.get())) {
                closed = closedBy(state, now, room);
            }
            var queue = state.queue();
            if (queue.items() > 0 && !queue.headExpiresAt().isAfter(now)) {
                take(0, false);
            }
            return new LaneStep(state, effects);
        }

        /** Looks at the first items, as many as a step may. */
        LaneStep hasten(Instant until) {
            var hastened = new Taken(room.ratio(), tokensFree, alone);
            var queue = state.queue();
            var item = queue.skip();
            for (var seq = queue.firstSeq(); seq < queue.nextSeq() && looks > 0; seq++) {
                var chunk = chunks.apply(seq);
                for (; item < chunk.size() && looks > 0; item++) {
                    var deadline = chunk.deadline(item);
                    if (deadline != null && deadline.isBefore(until) && !chunk.hasLeft(item)) {
                        hastened.add(seq, item, chunk.lineBytes(item), 0);
                    }
                    looks--;
                }
                item = 0;
            }
            if (hastened.items > 0) {
                effects.add(new Hasten(List.copyOf(hastened.runs)));
                state = state.with(queue.without(hastened.items, hastened.bytes));
            }
            return new LaneStep(state, effects);
        }

        LaneStep withdraw(long seq, int item) {
            var bytes = chunks.apply(seq).lineBytes(item);
            var withdraw = new LaneEffect.Withdraw(new Run(seq, item, item + 1));
            return new LaneStep(state.with(state.queue().without(1, bytes)), List.of(withdraw));
        }

        private int windowItems() {
            return Math.min(limits.requestsMax(), state.queue().items());
        }

        /** The rest of a quota is left until there is more of it, unless the window needs no more. */
        private boolean isWorthIt() {
            var queue = state.queue();
            if (picosFree < room.purse().picosMin()) {
                return false;
            }
            var bytes = (double) queue.bytes() * windowItems() / queue.items();
            return tokensFree >= room.tokensMin()
                    || room.ratio().tokens(Math.min((long) bytes, limits.bytesMax())) <= tokensFree;
        }

        /** @return false if nothing has changed, because the first item has no room */
        private boolean seal(ClosedBy by) {
            var before = state;
            var live = take(limits.requestsMax(), by == ClosedBy.AGE && isSparse(before.queue()) && limits.leaves());
            if (live.items > 0) {
                effects.add(new Seal(
                        state.nextBatch(), now, by, List.copyOf(live.runs), live.items, live.bytes, live.picos));
                state = state.seal();
                if (tokensFree < Long.MAX_VALUE) {
                    tokensFree -= room.ratio().tokens(live.bytes);
                    alone = false;
                }
                picosFree -= live.picos;
                sealed++;
            }
            return !state.equals(before);
        }

        /**
         * Moves the head over what has expired and over as many live items as a batch may hold.
         *
         * @param leave whether items that may leave the lane do
         */
        private Taken take(int itemsMax, boolean leave) {
            var live = new Taken(room.ratio(), tokensFree, alone);
            var expired = new Taken(room.ratio(), tokensFree, alone);
            var rejected = new Taken(room.ratio(), tokensFree, alone);
            var leaving = new Taken(room.ratio(), tokensFree, alone);
            var queue = state.queue();
            var seq = queue.firstSeq();
            var item = queue.skip();
            var chunk = chunks.apply(seq);
            while (looks > 0) {
                var bytes = chunk.lineBytes(item);
                var left = chunk.hasLeft(item);
                var picos = room.purse()
                        .most()
                        .picos(bytes, chunk.outputTokensMax(item), chunk.deadline(item) != null, chunk.hasPrefix(item));
                if (left) {
                    looks++; // it costs as good as nothing, and a full window has to fit into a step
                } else if (!chunk.expiresAt(item).isAfter(now)) {
                    expired.add(seq, item, bytes, 0);
                } else if (leave && chunk.mayLeave(item)) {
                    leaving.add(seq, item, bytes, 0);
                } else if (!live.hasRoomFor(bytes, itemsMax - rejected.items)) {
                    break;
                } else if (picos <= picosFree - live.picos) {
                    live.add(seq, item, bytes, picos);
                } else if (room.purse().rejects() || picos > room.purse().picosMax()) {
                    rejected.add(seq, item, bytes, 0);
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
            if (rejected.items > 0) {
                effects.add(new Reject(List.copyOf(rejected.runs)));
            }
            if (leaving.items > 0) {
                effects.add(new Divert(List.copyOf(leaving.runs)));
            }
            var empty = seq == queue.nextSeq();
            var moved = new Queue(
                    seq,
                    item,
                    queue.nextSeq(),
                    queue.items(),
                    queue.bytes(),
                    empty ? Instant.EPOCH : chunk.arrivedAt(),
                    empty ? Instant.EPOCH : chunk.expiresAt(item));
            state = state.with(moved.without(
                    live.items + expired.items + rejected.items + leaving.items,
                    live.bytes + expired.bytes + rejected.bytes + leaving.bytes));
            return live;
        }
    }

    /** Items that leave the lane together. */
    private final class Taken {
        private final TokenRatio ratio;
        private final long tokensFree;
        private final boolean alone;
        private final List<Run> runs = new ArrayList<>();
        private int items;
        private long bytes;
        private long picos;

        Taken(TokenRatio ratio, long tokensFree, boolean alone) {
            this.ratio = ratio;
            this.tokensFree = tokensFree;
            this.alone = alone;
        }

        /** An item larger than a batch goes alone: the vendor's refusal is then its result, while it would wait here. */
        boolean hasRoomFor(int lineBytes, int itemsMax) {
            var tokens = ratio.tokens(bytes + lineBytes);
            var fits = items == 0
                    ? tokens <= tokensFree || alone
                    : tokens <= Math.min(tokensFree, limits.tokensMax()) && bytes + lineBytes <= limits.bytesMax();
            return items < itemsMax && fits;
        }

        void add(long seq, int item, int lineBytes, long mostPicos) {
            var last = runs.isEmpty() ? null : runs.getLast();
            if (last != null && last.seq() == seq && last.until() == item) {
                runs.set(runs.size() - 1, new Run(seq, last.from(), item + 1));
            } else {
                runs.add(new Run(seq, item, item + 1));
            }
            items++;
            bytes += lineBytes;
            picos += mostPicos;
        }
    }
}
