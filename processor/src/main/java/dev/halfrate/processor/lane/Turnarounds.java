package dev.halfrate.processor.lane;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * How long a lane's last remote batches took, from the create to the end.
 *
 * @param last the latest one last, at most {@value #LAST_MAX}
 */
public record Turnarounds(List<Duration> last) {
    public static final Turnarounds NONE = new Turnarounds(List.of());

    /** Enough for a range, few enough to forget last week's. */
    static final int LAST_MAX = 20;

    public Turnarounds {
        last = List.copyOf(last.subList(Math.max(0, last.size() - LAST_MAX), last.size()));
    }

    public Turnarounds plus(Duration turnaround) {
        var longer = new ArrayList<>(last);
        longer.add(turnaround);
        return new Turnarounds(longer);
    }

    /**
     * Of so many percent of the batches it was at most this.
     *
     * @param unknown where there was none
     */
    public Duration within(int percent, Duration unknown) {
        if (last.isEmpty()) {
            return unknown;
        }
        var rank = (last.size() * percent + 99) / 100;
        return last.stream().sorted().toList().get(Math.max(rank, 1) - 1);
    }

    /**
     * @param unknown what to reckon with where there was no batch yet
     * @return when a batch that is created then can be expected to have ended
     */
    public Instant endsBy(Instant createdAt, Duration unknown) {
        return createdAt.plus(within(90, unknown));
    }
}
