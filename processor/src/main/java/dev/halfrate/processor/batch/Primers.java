package dev.halfrate.processor.batch;

import dev.halfrate.processor.batch.BatchEvent.CallsEnded;
import dev.halfrate.processor.batch.BatchEvent.PrimersPrepared;
import dev.halfrate.processor.batch.BatchEvent.Taken;
import dev.halfrate.processor.batch.BatchState.Priming;
import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;

/**
 * Of requests that begin alike one is sent alone first, so that the others find in the vendor's cache what they have in
 * common. A primer is a hedge that the spool waits for: it is written ahead, sent once, and left out of the spool if it was
 * answered by then. Whatever goes wrong, the batch goes on without it.
 */
final class Primers {
    /** What is under way by then has filled the cache, or does not. */
    static final Duration WAIT_MAX = Duration.ofMinutes(2);

    private final Function<String, AccountRules> rules;

    Primers(Function<String, AccountRules> rules) {
        this.rules = rules;
    }

    /** @return whether a batch that is to be spooled waits for primers; those of parts have gone before the whole */
    boolean help(Batch batch) {
        return from(batch) > 0
                && batch.attempt().number() == 1
                && batch.header().parentId().isEmpty()
                && batch.calls().equals(Calls.NONE);
    }

    private int from(Batch batch) {
        return rules.apply(batch.header().account()).primersFrom();
    }

    Step begin(Batch batch, Instant now) {
        return Step.remember(
                batch.in(new Priming(0), now),
                new Effect.PreparePrimers(from(batch)),
                new StartTimer(Timer.RETRY, WAIT_MAX));
    }

    Step on(Batch batch, Priming priming, BatchEvent event, Instant now) {
        return switch (event) {
            // What an owner before has called may be answered by the batch as well.
            case Taken _, BatchEvent.CallsNotPrepared _ -> spool(Step.ignore(batch), now);
            case BatchEvent.TimerDue(var timer) ->
                timer == Timer.RETRY ? spool(Step.ignore(batch), now) : Step.ignore(batch);
            case PrimersPrepared(var items) -> call(batch, items, now);
            case CallsEnded(var reports) -> answered(batch, priming, reports, now);
            default -> Moves.ignoreLate(batch, event);
        };
    }

    private Step call(Batch batch, List<Integer> prepared, Instant now) {
        var wanted = Hedges.uncalled(batch, prepared);
        if (wanted.isEmpty()) {
            return spool(Step.remember(batch, new Effect.DropCalls()), now);
        }
        var called = batch.with(batch.calls().with(wanted.stream().mapToInt(Integer::intValue)))
                .with(batch.exposure().plusHedged(wanted.size()))
                .in(new Priming(wanted.size()), batch.changedAt());
        return Step.commit(called, new Effect.Call(wanted, now));
    }

    private Step answered(Batch batch, Priming priming, List<ItemReport> reports, Instant now) {
        var step = Hedges.answered(batch, reports, false, now);
        if (step.batch().settled()) {
            return step;
        }
        var left = priming.awaited() - reports.size();
        return left <= 0 ? spool(step, now) : in(step, new Priming(left), batch.changedAt());
    }

    private static Step spool(Step step, Instant now) {
        return in(step, new BatchState.Sealed(), now).and(List.of(new Effect.Spool()));
    }

    private static Step in(Step step, BatchState state, Instant now) {
        return new Step(step.batch().in(state, now), step.durability(), step.ends(), step.effects(), step.parts());
    }
}
