package dev.halfrate.processor.batch;

import dev.halfrate.processor.batch.BatchEvent.CallsEnded;
import dev.halfrate.processor.batch.BatchEvent.CallsNotPrepared;
import dev.halfrate.processor.batch.BatchEvent.CallsPrepared;
import dev.halfrate.processor.batch.BatchEvent.Taken;
import dev.halfrate.processor.batch.BatchEvent.TimerDue;
import dev.halfrate.processor.batch.BatchState.Calling;
import dev.halfrate.processor.batch.Effect.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Batches whose requests are sent one by one. A call leaves only after the ledger has its item as called, and no item of a
 * batch is called twice: what gets no answer ends or goes back to its lane, and counts as exposure either way.
 */
final class AtOnce {
    private final Moves moves;
    private final Ending ending;

    /** How items end. */
    @FunctionalInterface
    interface Ending {
        Step of(Batch batch, List<ItemReport> reports, Instant now);
    }

    AtOnce(Moves moves, Ending ending) {
        this.moves = moves;
        this.ending = ending;
    }

    Step on(Batch batch, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ -> Step.ignore(batch).and(unanswered(batch)).and(next(batch));
            case CallsPrepared(var items, var gone) -> call(batch, items, gone, now);
            case CallsNotPrepared _ -> moves.retryLater(batch, now, Duration.ZERO);
            case TimerDue(var timer) ->
                timer == Timer.RETRY ? Step.ignore(batch).and(next(batch)) : Step.ignore(batch);
            case CallsEnded(var reports) when batch.state() instanceof Calling -> ending.of(batch, reports, now);
            default -> Moves.ignoreLate(batch, event);
        };
    }

    private Step call(Batch batch, List<Integer> prepared, List<ItemReport> gone, Instant now) {
        var ended = ending.of(batch, gone, now);
        var wanted = ended.batch().uncalled().boxed().filter(prepared::contains).toList();
        if (wanted.isEmpty()) {
            return ended.and(List.of(new Effect.DropCalls())).and(next(ended.batch()));
        }
        var called = ended.batch()
                .with(ended.batch().calls().with(wanted.stream().mapToInt(Integer::intValue)))
                .in(new Calling(), batch.state() instanceof Calling ? batch.changedAt() : now);
        return new Step(called, Step.Durability.LEDGER, ended.ends(), List.of(new Effect.Call(wanted, now)))
                .and(next(called));
    }

    /** Of an owner before, or of a call that nobody knows any more. */
    private static List<Effect> unanswered(Batch batch) {
        var items = batch.unanswered().boxed().toList();
        return items.isEmpty() ? List.of() : List.of(new Effect.ReportUnanswered(items));
    }

    private static List<Effect> next(Batch batch) {
        var more = new ArrayList<Effect>();
        if (!batch.settled() && batch.uncalled().findAny().isPresent()) {
            more.add(new Effect.PrepareCalls());
        }
        return more;
    }
}
