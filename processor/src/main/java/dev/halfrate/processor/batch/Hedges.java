package dev.halfrate.processor.batch;

import dev.halfrate.processor.batch.BatchEvent.CallsEnded;
import dev.halfrate.processor.batch.BatchEvent.CallsNotPrepared;
import dev.halfrate.processor.batch.BatchEvent.HedgesPrepared;
import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import dev.halfrate.processor.batch.ItemReport.Finding;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Items whose deadlines come near while their batch is on its way are called, each once. Whichever answer comes first is
 * published; the batch goes on, because what it executes is paid for in any case. A call that brings nothing changes
 * nothing: the batch answers then.
 */
final class Hedges {
    private final LifecycleSettings settings;

    Hedges(LifecycleSettings settings) {
        this.settings = settings;
    }

    /** @return whether an event is about hedges */
    static boolean concerns(Batch batch, BatchEvent event) {
        return !batch.header().atOnce()
                && !(batch.state() instanceof BatchState.Priming)
                && switch (event) {
                    case HedgesPrepared _, CallsNotPrepared _, CallsEnded _ -> true;
                    case BatchEvent.TimerDue(var timer) -> timer == Timer.DEADLINE;
                    default -> false;
                };
    }

    Step on(Batch batch, BatchEvent event, Instant now) {
        return switch (event) {
            case HedgesPrepared(var items, var gone, var next) -> call(batch, items, gone, next, now);
            case CallsEnded(var reports) -> answered(batch, reports, now);
            case CallsNotPrepared _
            when mayCall(batch) -> Step.remember(batch, new StartTimer(Timer.DEADLINE, settings.pollDelay(0)));
            case BatchEvent.TimerDue _
            when mayCall(batch) -> Step.remember(batch, new Effect.PrepareHedges(now.plus(settings.hedgeMargin())));
            default -> Step.ignore(batch);
        };
    }

    /** @return what makes a batch that is taken up remember its first deadline */
    List<StartTimer> watch(Batch batch, Instant now) {
        return batch.header().atOnce() || !mayCall(batch)
                ? List.of()
                : timer(batch.header().firstDeadline(), now);
    }

    /** A timer that was due while nothing might be called has started no other. */
    List<StartTimer> watchAgain(Batch before, Batch batch, Instant now) {
        return mayCall(before) ? List.of() : watch(batch, now);
    }

    private List<StartTimer> timer(@Nullable Instant deadline, Instant now) {
        if (deadline == null) {
            return List.of();
        }
        var delay = Duration.between(now, deadline.minus(settings.hedgeMargin()));
        return List.of(new StartTimer(Timer.DEADLINE, delay.isNegative() ? Duration.ZERO : delay));
    }

    /** Once its files are read the batch itself is the fastest. */
    private static boolean mayCall(Batch batch) {
        return switch (batch.state()) {
            case BatchState.Sealed _,
                    BatchState.Spooled _,
                    BatchState.Uploaded _,
                    BatchState.Creating _,
                    BatchState.Quiescing _,
                    BatchState.Revoking _,
                    BatchState.Hold _,
                    BatchState.Running _ -> true;
            case BatchState.Refused refused -> refused.again();
            case BatchState.Priming _,
                    BatchState.Ended _,
                    BatchState.Calling _,
                    BatchState.Split _,
                    BatchState.Settled _ -> false;
        };
    }

    private Step call(Batch batch, List<Integer> prepared, List<Integer> gone, @Nullable Instant next, Instant now) {
        if (!mayCall(batch)) {
            return Step.remember(batch, new Effect.DropCalls());
        }
        var wanted = uncalled(batch, prepared);
        var bodiless = uncalled(batch, gone);
        if (wanted.isEmpty() && bodiless.isEmpty()) {
            return Step.remember(batch, new Effect.DropCalls()).and(timer(next, now));
        }
        // Without a body nothing is sent; as called it is never chosen again, and keeps no turn from the others.
        var called = batch.with(batch.calls()
                        .with(Stream.concat(wanted.stream(), bodiless.stream()).mapToInt(Integer::intValue)))
                .with(batch.exposure().plusHedged(wanted.size()));
        return Step.commit(called, wanted.isEmpty() ? new Effect.DropCalls() : new Effect.Call(wanted, now))
                .and(timer(next, now));
    }

    static List<Integer> uncalled(Batch batch, List<Integer> items) {
        return batch.uncalled().boxed().filter(new HashSet<>(items)::contains).toList();
    }

    /** Answers of calls, while the batch goes its own way. */
    private Step answered(Batch batch, List<ItemReport> reports, Instant now) {
        return answered(batch, reports, true, now);
    }

    /** @param lines whether the batch may have lines of these items, so that they are answered a second time */
    static Step answered(Batch batch, List<ItemReport> reports, boolean lines, Instant now) {
        if (batch.settled() || batch.state() instanceof BatchState.Split) {
            return Step.ignore(batch);
        }
        var ends = new ArrayList<ItemEnd>();
        var calls = batch.calls();
        var notTaken = reports.stream()
                .filter(report -> report.finding() == Finding.NOT_TAKEN)
                .count();
        for (var report : reports) {
            if (report.finding() == Finding.SUCCEEDED && !batch.done().has(report.item())) {
                ends.add(new ItemEnd(report.item(), ItemEnd.Kind.SUCCEEDED, report.tag(), report.spend()));
            } else if (paid(report) && !calls.ahead().has(report.item())) {
                calls = calls.plusLate(report.item(), report.spend().cost().paid());
            }
        }
        if (ends.isEmpty() && notTaken == 0) {
            return calls.equals(batch.calls()) ? Step.ignore(batch) : Step.commit(batch.with(calls));
        }
        var answered = batch.with(calls)
                .with(batch.exposure().minusHedged((int) notTaken))
                .with(ends);
        var ahead = lines
                ? answered.with(answered.calls().answered(ends.stream().mapToInt(ItemEnd::item)))
                : answered.with(answered.exposure().minusHedged(ends.size()));
        var step = new Step(ahead, Step.Durability.LEDGER, ends, List.of());
        return ahead.open() == 0 && !mayBeExecuted(ahead) ? settled(step, now) : step;
    }

    /** Also for an answer that was not taken. */
    static boolean paid(ItemReport report) {
        return report.finding() == Finding.SUCCEEDED || report.spend().answers() > 0;
    }

    /** Nothing of it is open, and nothing is to be had or to be feared of a remote batch any more. */
    static Step settled(Step step, Instant now) {
        return new Step(
                step.batch().in(BatchState.Settled.after(step.batch().state(), now), now),
                Step.Durability.LEDGER,
                step.ends(),
                List.of(new Effect.DiscardSpool(), new Effect.ReleasePermit()));
    }

    /** Whether lines of a remote batch may yet show what was paid on top. */
    static boolean mayBeExecuted(Batch batch) {
        return switch (batch.state()) {
            case BatchState.Creating _,
                    BatchState.Quiescing _,
                    BatchState.Revoking _,
                    BatchState.Hold _,
                    BatchState.Running _,
                    BatchState.Ended _ -> true;
            case BatchState.Sealed _,
                    BatchState.Priming _,
                    BatchState.Spooled _,
                    BatchState.Uploaded _,
                    BatchState.Refused _,
                    BatchState.Calling _,
                    BatchState.Split _,
                    BatchState.Settled _ -> false;
        };
    }
}
