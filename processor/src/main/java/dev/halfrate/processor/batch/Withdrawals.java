package dev.halfrate.processor.batch;

import dev.halfrate.processor.batch.BatchState.Running;
import dev.halfrate.processor.batch.BatchState.Standing;
import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Items that somebody has cancelled while they are in a batch: they end as cancelled at once, wherever the batch stands. The
 * wish is written down first, so that it outlives its owner. What is executed of them all the same is not published, and counted
 * as late. A remote batch of which nothing is wanted any more is cancelled.
 */
final class Withdrawals {
    private final LifecycleSettings settings;

    Withdrawals(LifecycleSettings settings) {
        this.settings = settings;
    }

    static Step wished(Batch batch, List<Integer> items) {
        var open = items.stream()
                .filter(item -> item >= 0
                        && item < batch.header().items()
                        && !batch.done().has(item)
                        && !batch.unwanted().has(item))
                .distinct()
                .toList();
        return open.isEmpty() || over(batch)
                ? Step.ignore(batch)
                : Step.commit(
                        batch.without(open.stream().mapToInt(Integer::intValue)), new Effect.ReportWithdrawn(open));
    }

    /** @return what an owner before has not come to */
    static List<Effect> unfinished(Batch batch) {
        var open = batch.unwantedOpen().boxed().toList();
        return open.isEmpty() || over(batch) ? List.of() : List.of(new Effect.ReportWithdrawn(open));
    }

    private static boolean over(Batch batch) {
        return batch.settled() || batch.state() instanceof BatchState.Split;
    }

    Step end(Batch batch, List<ItemReport> reports, Instant now) {
        if (over(batch)) {
            return Step.ignore(batch);
        }
        var ends = new ArrayList<ItemEnd>();
        var fresh = new LinkedHashSet<Integer>();
        for (var report : reports) {
            if (!batch.done().has(report.item()) && fresh.add(report.item())) {
                ends.add(new ItemEnd(report.item(), ItemEnd.Kind.CANCELLED, report.tag(), report.spend()));
            }
        }
        if (ends.isEmpty()) {
            return Step.ignore(batch);
        }
        var items = ends.stream().mapToInt(ItemEnd::item);
        var ended = batch.with(ends).with(batch.calls().answered(items));
        if (batch.header().atOnce()) {
            // Its call may be under way, and an answer that comes when the batch is over is not looked at.
            var called =
                    (int) fresh.stream().filter(batch.calls().called()::has).count();
            ended = ended.with(ended.exposure().plusCalled(called));
        }
        var step = new Step(ended, Step.Durability.LEDGER, ends, List.of());
        if (ended.open() > 0) {
            return step;
        }
        return Hedges.mayBeExecuted(ended) ? cancelled(step, now) : Hedges.settled(step, now);
    }

    /** Only what is surely ours. */
    private Step cancelled(Step step, Instant now) {
        var batch = step.batch();
        return batch.state() instanceof Running running && running.standing() == Standing.PROVEN
                ? new Step(
                        batch.in(running.as(Standing.CANCELLING), now),
                        step.durability(),
                        step.ends(),
                        List.of(new Effect.Cancel(), new StartTimer(Timer.POLL, settings.pollDelay(0))))
                : step;
    }
}
