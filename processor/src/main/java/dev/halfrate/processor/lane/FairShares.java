package dev.halfrate.processor.lane;

import java.util.List;
import java.util.stream.IntStream;

/** Whose turn it is where several lanes want the same room: who has least, until all have alike or what they want. */
public final class FairShares {
    /**
     * A lane that could seal a batch.
     *
     * @param reserved tokens that it has already
     * @param waiting tokens that it wants besides
     */
    public record Want(long reserved, long waiting) {}

    /**
     * @param index of the lane
     * @param tokens that it may take
     */
    public record Turn(int index, long tokens) {}

    private FairShares() {}

    /**
     * @param wants at least one; of equals the first goes first
     * @param room tokens that are free
     * @param least what is worth a turn, even if it is more than the lane's share
     */
    public static Turn next(List<Want> wants, long room, long least) {
        var first = IntStream.range(0, wants.size())
                .reduce((best, other) -> wants.get(other).reserved < wants.get(best).reserved ? other : best)
                .orElseThrow();
        if (given(wants, Long.MAX_VALUE) <= room) {
            return new Turn(first, room);
        }
        var share = Math.max(0, level(wants, room) - wants.get(first).reserved);
        return new Turn(first, Math.min(room, Math.max(least, share)));
    }

    /** @return the highest one up to which the room lets everybody fill what he has */
    private static long level(List<Want> wants, long room) {
        var low = 0L;
        var high = room + wants.stream().mapToLong(Want::reserved).max().orElse(0);
        while (low < high) {
            var middle = low + (high - low + 1) / 2;
            if (given(wants, middle) <= room) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private static long given(List<Want> wants, long level) {
        return wants.stream()
                .mapToLong(want -> Math.min(want.waiting, Math.max(0, level - want.reserved)))
                .sum();
    }
}
