package dev.halfrate.processor.lane;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PriorityQueue;

/**
 * Which ids are known, and who answers them: a lane where the request waits, a batch in flight, or a batch
 * that answered it with success not longer than the horizon ago.
 *
 * <p>A batch is known by its ordinal, the order of sealing, from 1. An id belongs to one owner only; whoever
 * lets go of an id that has another owner by now changes nothing. For one thread.
 */
public final class Duplicates {
    /** What becomes of a request. */
    public enum Verdict {
        /** Nobody answers it yet; its lane does from now on. */
        FRESH,
        /** A repeat that the first one's result answers. */
        ABSORBED,
        /** The id is in flight with another content. */
        CONFLICT
    }

    /**
     * A settled batch whose ids are still known.
     *
     * @param ids how many
     */
    public record Ended(int ordinal, String batchId, Instant settledAt, int ids) {}

    private static final int A_LANE = -1;

    private final IdTable table = new IdTable();
    private final Map<Integer, Ended> ended = new HashMap<>();
    private final PriorityQueue<Ended> oldestFirst =
            new PriorityQueue<>(Comparator.comparing(Ended::settledAt).thenComparingInt(Ended::ordinal));
    private final Duration horizon;
    private final int endedMax;
    private long endedIds;

    /** @param endedMax ids of settled batches to remember */
    public Duplicates(Duration horizon, int endedMax) {
        this.horizon = horizon;
        this.endedMax = endedMax;
    }

    /** Takes in a request that has been read. */
    public Verdict admit(Id id, Instant now) {
        var owner = table.owner(id);
        if (owner != IdTable.NOBODY) {
            var repeat = table.content(id) == id.content();
            var settled = ended.get(owner);
            if (settled == null) {
                return repeat ? Verdict.ABSORBED : Verdict.CONFLICT;
            }
            if (repeat && settled.settledAt().plus(horizon).isAfter(now)) {
                return Verdict.ABSORBED;
            }
        }
        table.put(id, A_LANE);
        return Verdict.FRESH;
    }

    /** @return whether a lane answers the id, whatever its content is */
    public boolean waiting(Id id) {
        return table.owner(id) == A_LANE;
    }

    /** @return ordinal of the batch in flight that answers the id, whatever its content is; empty if there is none */
    public OptionalInt inFlight(Id id) {
        var owner = table.owner(id);
        return owner == IdTable.NOBODY || owner == A_LANE || ended.containsKey(owner)
                ? OptionalInt.empty()
                : OptionalInt.of(owner);
    }

    /** The id waits in a lane, as a restart finds it. */
    public void waits(Id id) {
        table.put(id, A_LANE);
    }

    /** The batch answers the id from now on. */
    public void own(int ordinal, Id id) {
        table.put(id, ordinal);
    }

    /** @return whether the batch had the id; then its lane has it now */
    public boolean giveBack(int ordinal, Id id) {
        if (table.owner(id) != ordinal) {
            return false;
        }
        table.put(id, A_LANE);
        return true;
    }

    /** The request ended in its lane. */
    public void end(Id id) {
        forget(A_LANE, id);
    }

    /** The batch lets go of an id, because it ended without success or long ago. */
    public void forget(int ordinal, Id id) {
        if (table.owner(id) == ordinal) {
            table.remove(id);
        }
    }

    /** @return whether the batch answers the id */
    public boolean owns(int ordinal, Id id) {
        return table.owner(id) == ordinal;
    }

    /** The batch is over; the ids that it still owns are those of its successes. */
    public void settled(Ended batch) {
        ended.put(batch.ordinal(), batch);
        oldestFirst.add(batch);
        endedIds += batch.ids();
    }

    /**
     * Takes a batch off the settled ones because its time has come or there are too many ids; the caller then
     * lets go of its ids.
     */
    public Optional<Ended> nextToForget(Instant now) {
        var oldest = oldestFirst.peek();
        if (oldest == null
                || (endedIds <= endedMax && oldest.settledAt().plus(horizon).isAfter(now))) {
            return Optional.empty();
        }
        oldestFirst.remove();
        ended.remove(oldest.ordinal());
        endedIds -= oldest.ids();
        return Optional.of(oldest);
    }

    /** @return how many ids are known */
    public int size() {
        return table.size();
    }
}
