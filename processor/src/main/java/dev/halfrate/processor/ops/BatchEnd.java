package dev.halfrate.processor.ops;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * When the vendor can be expected to have ended a batch, by its lane's last ones.
 *
 * @param from as soon as the fastest of them
 * @param until by then nine of ten had ended
 */
public record BatchEnd(Instant from, Instant until) {
    /** @return empty if it is not under way at the vendor, or its lane has no experience */
    public static Optional<BatchEnd> of(BatchView batch, List<LaneView> lanes) {
        var createdAt = batch.createdAt();
        return createdAt == null || batch.endedAt() != null || !batch.isIn("open")
                ? Optional.empty()
                : lanes.stream()
                        .filter(lane -> lane.lane().equals(batch.lane()))
                        .flatMap(lane -> Optional.ofNullable(lane.turnaround()).stream())
                        .findFirst()
                        .map(lane -> new BatchEnd(
                                createdAt.plusMillis(lane.fastestMs()), createdAt.plusMillis(lane.nineOfTenMs())));
    }
}
