package dev.halfrate.trial;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;

/** All processors of one build are replaced by those of another, one by one, and back; one of them is killed each time. */
final class Rolling {
    private static final Duration FLOWS_WITHIN = Duration.ofMinutes(3);
    private static final Duration KILLED_WITHIN = Duration.ofSeconds(6);
    private static final int RUNNING_MIN = 3;

    private final Fleet fleet;
    private final Build before;
    private final Build after;
    private final SplittableRandom random;

    Rolling(Fleet fleet, Build before, Build after, long seed) {
        this.fleet = fleet;
        this.before = before;
        this.after = after;
        this.random = new SplittableRandom(seed);
    }

    /** @return whether the promises were kept */
    boolean run() throws IOException, InterruptedException {
        fleet.services().forEach(service -> service.as(before));
        fleet.change(List.of(), fleet.services());
        fleet.until(
                "batches run",
                FLOWS_WITHIN,
                () -> fleet.subject().feeds().running().size() >= RUNNING_MIN);
        replaceAll(after, "up");
        replaceAll(before, "back down");
        return fleet.judge();
    }

    private void replaceAll(Build with, String direction) throws IOException, InterruptedException {
        fleet.say("%s, to %s; %d batches run"
                .formatted(
                        direction,
                        with.name(),
                        fleet.subject().feeds().running().size()));
        // Both versions are there from the first one that is replaced until the last.
        var beside = random.nextInt(fleet.services().size() - 1);
        for (var i = 0; i < fleet.services().size(); i++) {
            var service = fleet.services().get(i);
            fleet.change(List.of(service), List.of(service.as(with)));
            if (i == beside) {
                fleet.killOne(KILLED_WITHIN);
                fleet.until("one was killed", FLOWS_WITHIN, fleet::nobodyIsDue);
            }
        }
        fleet.change(List.of(), List.of());
    }
}
