package dev.halfrate.processor.batch;

import dev.halfrate.processor.batch.BatchEvent.CreateEnded;
import dev.halfrate.processor.batch.BatchEvent.DeleteEnded;
import dev.halfrate.processor.batch.BatchEvent.FilesRead;
import dev.halfrate.processor.batch.BatchEvent.FindEnded;
import dev.halfrate.processor.batch.BatchEvent.PermitGranted;
import dev.halfrate.processor.batch.BatchEvent.Polled;
import dev.halfrate.processor.batch.BatchEvent.Reported;
import dev.halfrate.processor.batch.BatchEvent.SpoolFailed;
import dev.halfrate.processor.batch.BatchEvent.SpoolWritten;
import dev.halfrate.processor.batch.BatchEvent.Taken;
import dev.halfrate.processor.batch.BatchEvent.TimerDue;
import dev.halfrate.processor.batch.BatchEvent.UploadEnded;
import dev.halfrate.processor.batch.BatchState.Creating;
import dev.halfrate.processor.batch.BatchState.Ended;
import dev.halfrate.processor.batch.BatchState.Hold;
import dev.halfrate.processor.batch.BatchState.Quiescing;
import dev.halfrate.processor.batch.BatchState.Refused;
import dev.halfrate.processor.batch.BatchState.Revoking;
import dev.halfrate.processor.batch.BatchState.Running;
import dev.halfrate.processor.batch.BatchState.Sealed;
import dev.halfrate.processor.batch.BatchState.Settled;
import dev.halfrate.processor.batch.BatchState.Spooled;
import dev.halfrate.processor.batch.BatchState.Uploaded;
import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Every decision about a batch: a function of its state and what happened.
 *
 * <p>The promise it keeps: a create is only ever asked for in a step that commits {@link Creating}, and from
 * there the next one is reached only through a definite refusal or through evidence that nothing was created.
 */
public final class BatchLifecycle {
    private final LifecycleSettings settings;

    public BatchLifecycle(LifecycleSettings settings) {
        this.settings = settings;
    }

    /**
     * @param epoch of the owner of the partition
     * @return what follows; events that come late or twice change nothing
     */
    public Step on(Batch batch, BatchEvent event, long epoch, Instant now) {
        return switch (batch.state()) {
            case Sealed _ -> whileSpooling(batch, event, now);
            case Spooled spooled -> whenSpooled(batch, spooled, event, now);
            case Uploaded uploaded -> whenUploaded(batch, uploaded, event, epoch, now);
            case Creating creating -> whileCreating(batch, creating, event, now);
            case Quiescing quiescing -> whileQuiescing(batch, quiescing, event, now);
            case Revoking revoking -> whileRevoking(batch, revoking, event, now);
            case Hold hold -> onHold(batch, hold, event, now);
            case Running running -> whileRunning(batch, running, event, now);
            case Refused refused -> whenRefused(batch, refused, event, now);
            case Ended ended -> whileCollecting(batch, ended, event, now);
            case Settled _ -> ignoreLate(batch, event);
        };
    }

    private Step whileSpooling(Batch batch, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ -> Step.remember(batch, new Effect.Spool());
            case SpoolWritten(var lines, var gone) -> {
                var step = end(batch, gone, now);
                yield step.batch().settled()
                        ? step
                        : then(step, step.batch().in(new Spooled(lines), now), new Effect.Upload());
            }
            case SpoolFailed _ -> retryLater(batch, now, Duration.ZERO);
            case TimerDue(var timer) ->
                timer == Timer.RETRY ? Step.remember(batch, new Effect.Spool()) : Step.ignore(batch);
            case UploadEnded _,
                    PermitGranted _,
                    CreateEnded _,
                    FindEnded _,
                    DeleteEnded _,
                    Polled _,
                    Reported _,
                    FilesRead _ -> ignoreLate(batch, event);
        };
    }

    private Step whenSpooled(Batch batch, Spooled spooled, BatchEvent event, Instant now) {
        return switch (event) {
            // The spool is a local file that a new owner does not have.
            case Taken _ -> Step.remember(batch.in(new Sealed(), batch.changedAt()), new Effect.Spool());
            case UploadEnded(UploadOutcome.Uploaded(var inputFileId)) ->
                Step.commit(
                        batch.with(batch.attempt().uploaded(inputFileId)).in(new Uploaded(spooled.lines()), now),
                        new Effect.AcquirePermit());
            case UploadEnded(UploadOutcome.Refused(var refusal)) ->
                passes(refusal.kind()) ? retryLater(batch, now, wish(refusal)) : refuseForGood(batch, refusal, now);
            case UploadEnded(UploadOutcome.Unknown _) -> retryLater(batch, now, Duration.ZERO);
            case TimerDue(var timer) ->
                timer == Timer.RETRY ? Step.remember(batch, new Effect.Upload()) : Step.ignore(batch);
            case SpoolWritten _,
                    SpoolFailed _,
                    PermitGranted _,
                    CreateEnded _,
                    FindEnded _,
                    DeleteEnded _,
                    Polled _,
                    Reported _,
                    FilesRead _ -> ignoreLate(batch, event);
        };
    }

    private Step whenUploaded(Batch batch, Uploaded uploaded, BatchEvent event, long epoch, Instant now) {
        return switch (event) {
            case Taken _ -> Step.remember(batch, new Effect.AcquirePermit());
            case PermitGranted _ ->
                Step.commit(
                        new Batch(
                                batch.header(),
                                new Creating(uploaded.lines()),
                                batch.with(batch.attempt().started(epoch, now, settings.createTimeout()))
                                        .attempts(),
                                batch.done(),
                                batch.succeeded(),
                                batch.tally(),
                                batch.failures(),
                                now),
                        new Effect.Create());
            case TimerDue(var timer) ->
                timer == Timer.RETRY ? Step.remember(batch, new Effect.AcquirePermit()) : Step.ignore(batch);
            case SpoolWritten _,
                    SpoolFailed _,
                    UploadEnded _,
                    CreateEnded _,
                    FindEnded _,
                    DeleteEnded _,
                    Polled _,
                    Reported _,
                    FilesRead _ -> Step.ignore(batch);
        };
    }

    private Step whileCreating(Batch batch, Creating creating, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ -> doubt(batch, creating.lines(), "owner changed during the create", now);
            case CreateEnded(CreateOutcome.Created(var remote)) -> run(batch, creating.lines(), remote, now);
            case CreateEnded(CreateOutcome.InDoubt(var reason)) -> doubt(batch, creating.lines(), reason, now);
            case CreateEnded(CreateOutcome.Refused(var refusal)) -> {
                if (!passes(refusal.kind())) {
                    yield refuseForGood(batch, refusal, now);
                } else if (refusal.kind() == Refusal.Kind.NOT_FOUND) {
                    // The input file, if anything: it has expired or was cleaned up. Another attempt uploads another.
                    yield refuseForNow(batch, refusal.code(), refusal.message(), now);
                }
                var waiting = batch.failedAgain(new Uploaded(creating.lines()), now);
                yield Step.commit(
                        waiting,
                        new StartTimer(Timer.RETRY, longer(settings.retryDelay(waiting.failures()), wish(refusal))));
            }
            case PermitGranted _ -> Step.remember(batch, new Effect.ReleasePermit());
            case SpoolWritten _,
                    SpoolFailed _,
                    UploadEnded _,
                    FindEnded _,
                    DeleteEnded _,
                    Polled _,
                    Reported _,
                    FilesRead _,
                    TimerDue _ -> Step.ignore(batch);
        };
    }

    private Step doubt(Batch batch, int lines, String reason, Instant now) {
        return Step.commit(
                batch.with(batch.attempt().ended(Attempt.Outcome.DOUBTFUL))
                        .in(new Quiescing(lines, 0, false, reason), now),
                // Found at once is evidence at any time; only absence has to wait for the quiet time.
                new Effect.Find());
    }

    /**
     * One listing at a time, so that none that began before the quiet time was over, or before the deletion, can be
     * taken for a later one.
     */
    private Step whileQuiescing(Batch batch, Quiescing quiescing, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ ->
                Step.remember(
                        batch.in(new Quiescing(quiescing.lines(), 0, false, quiescing.reason()), batch.changedAt()),
                        new Effect.Find());
            case FindEnded(FindOutcome.Found(var remotes)) -> run(batch, quiescing.lines(), remotes.getFirst(), now);
            case FindEnded(FindOutcome.Absent _) -> {
                if (!quiescing.quiet()) {
                    yield Step.remember(batch, new StartTimer(Timer.QUIET, settings.quietTime(batch.attempt())));
                }
                var clean = quiescing.cleanListings() + 1;
                yield clean < LifecycleSettings.CLEAN_LISTINGS
                        ? Step.remember(
                                batch.in(
                                        new Quiescing(quiescing.lines(), clean, true, quiescing.reason()),
                                        batch.changedAt()),
                                new StartTimer(Timer.LIST, settings.listingsApart()))
                        : Step.commit(
                                batch.with(batch.attempt().ended(Attempt.Outcome.ABSENT))
                                        .in(new Revoking(quiescing.lines(), false), now),
                                new Effect.DeleteInput());
            }
            case FindEnded(FindOutcome.CannotTell _), FindEnded(FindOutcome.Candidates _) ->
                Step.remember(
                        batch,
                        quiescing.quiet()
                                ? new StartTimer(Timer.LIST, settings.listingsApart())
                                : new StartTimer(Timer.QUIET, settings.quietTime(batch.attempt())));
            case TimerDue(var timer) ->
                switch (timer) {
                    case QUIET ->
                        Step.remember(
                                batch.in(
                                        new Quiescing(quiescing.lines(), 0, true, quiescing.reason()),
                                        batch.changedAt()),
                                new Effect.Find());
                    case LIST -> Step.remember(batch, new Effect.Find());
                    case RETRY, POLL -> Step.ignore(batch);
                };
            // Late, but as good as any evidence.
            case CreateEnded(CreateOutcome.Created(var remote)) -> run(batch, quiescing.lines(), remote, now);
            case CreateEnded(CreateOutcome.Refused _),
                    CreateEnded(CreateOutcome.InDoubt _),
                    SpoolWritten _,
                    SpoolFailed _,
                    UploadEnded _,
                    PermitGranted _,
                    DeleteEnded _,
                    Polled _,
                    Reported _,
                    FilesRead _ -> ignoreLate(batch, event);
        };
    }

    private Step whileRevoking(Batch batch, Revoking revoking, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ -> Step.remember(batch, new Effect.DeleteInput());
            // What came just before the deletion may not be in the listings yet.
            case DeleteEnded(DeleteOutcome.Deleted _) ->
                Step.remember(
                        batch.in(new Revoking(revoking.lines(), true), batch.changedAt()),
                        new StartTimer(Timer.LIST, settings.listingsApart()));
            case DeleteEnded(DeleteOutcome.Refused _), DeleteEnded(DeleteOutcome.NoAnswer _) ->
                retryLater(batch, now, Duration.ZERO);
            case FindEnded(FindOutcome.Found(var remotes)) -> run(batch, revoking.lines(), remotes.getFirst(), now);
            case FindEnded(FindOutcome.Absent _) -> revoking.deleted() ? tryAgain(batch, now) : Step.ignore(batch);
            case FindEnded(FindOutcome.CannotTell _), FindEnded(FindOutcome.Candidates _) ->
                Step.remember(batch, new StartTimer(Timer.LIST, settings.listingsApart()));
            case TimerDue(var timer) ->
                switch (timer) {
                    case RETRY -> Step.remember(batch, new Effect.DeleteInput());
                    case LIST -> Step.remember(batch, new Effect.Find());
                    case QUIET, POLL -> Step.ignore(batch);
                };
            case CreateEnded(CreateOutcome.Created(var remote)) -> run(batch, revoking.lines(), remote, now);
            case CreateEnded(CreateOutcome.Refused _),
                    CreateEnded(CreateOutcome.InDoubt _),
                    SpoolWritten _,
                    SpoolFailed _,
                    UploadEnded _,
                    PermitGranted _,
                    Polled _,
                    Reported _,
                    FilesRead _ -> ignoreLate(batch, event);
        };
    }

    private Step tryAgain(Batch batch, Instant now) {
        var revoked = batch.with(batch.attempt().ended(Attempt.Outcome.REVOKED));
        return revoked.doubts() >= settings.doubtsMax()
                ? hold(revoked, "no create was answered in " + revoked.doubts() + " attempts", now)
                : Step.commit(revoked.withNextAttempt().in(new Sealed(), now), new Effect.Spool());
    }

    private Step hold(Batch batch, String reason, Instant now) {
        return Step.commit(
                batch.in(new Hold(batch.open(), reason), now), new StartTimer(Timer.LIST, settings.retryDelayMax()));
    }

    /** A hold keeps looking: evidence that comes late still ends it. */
    private Step onHold(Batch batch, Hold hold, BatchEvent event, Instant now) {
        var listAgain = new StartTimer(Timer.LIST, settings.retryDelayMax());
        return switch (event) {
            case Taken _ -> Step.remember(batch, listAgain);
            case TimerDue(var timer) ->
                timer == Timer.LIST ? Step.remember(batch, new Effect.Find()) : Step.ignore(batch);
            case FindEnded(FindOutcome.Found(var remotes)) -> run(batch, hold.lines(), remotes.getFirst(), now);
            case FindEnded(FindOutcome.Absent _),
                    FindEnded(FindOutcome.CannotTell _),
                    FindEnded(FindOutcome.Candidates _) -> Step.remember(batch, listAgain);
            case CreateEnded(CreateOutcome.Created(var remote)) -> run(batch, hold.lines(), remote, now);
            case CreateEnded(CreateOutcome.Refused _),
                    CreateEnded(CreateOutcome.InDoubt _),
                    SpoolWritten _,
                    SpoolFailed _,
                    UploadEnded _,
                    PermitGranted _,
                    DeleteEnded _,
                    Polled _,
                    Reported _,
                    FilesRead _ -> ignoreLate(batch, event);
        };
    }

    private Step run(Batch batch, int lines, RemoteBatch remote, Instant now) {
        return Step.commit(
                batch.with(batch.attempt().created(remote.id()))
                        .in(
                                new Running(
                                        lines,
                                        now,
                                        remote.vendorStatus(),
                                        remote.counts().completed(),
                                        1),
                                now),
                new StartTimer(Timer.POLL, settings.pollDelay(0)));
    }

    private Step whileRunning(Batch batch, Running running, BatchEvent event, Instant now) {
        var pollLater = new StartTimer(Timer.POLL, settings.pollDelay(running.polls()));
        return switch (event) {
            case Taken _ -> Step.remember(batch, new Effect.Poll());
            case TimerDue(var timer) ->
                timer == Timer.POLL ? Step.remember(batch, new Effect.Poll()) : Step.ignore(batch);
            case Polled(PollOutcome.Seen(var remote)) -> {
                if (remote.status() == RemoteBatch.Status.FAILED && nothingExecuted(remote)) {
                    yield refusedAtValidation(batch, remote, now);
                } else if (remote.status().terminal() && !namesItsFiles(remote)) {
                    yield awaitHandles(batch, running, pollLater, now);
                } else if (remote.status().terminal()) {
                    yield Step.commit(
                            batch.in(
                                    new Ended(
                                            running.lines(),
                                            running.createdAt(),
                                            now,
                                            remote.vendorStatus(),
                                            remote.outputHandle(),
                                            remote.errorHandle(),
                                            false),
                                    now),
                            new Effect.Collect());
                }
                var done = remote.counts().completed() + remote.counts().failed();
                var seen = running.seen(remote.vendorStatus(), done);
                var news =
                        done != running.remoteDone() || !remote.vendorStatus().equals(running.remoteStatus());
                yield new Step(
                        batch.in(seen, batch.changedAt()),
                        news ? Step.Durability.FEED : Step.Durability.NONE,
                        List.of(),
                        List.of(pollLater));
            }
            case Polled(PollOutcome.Refused(var refusal)) ->
                refusal.kind() == Refusal.Kind.NOT_FOUND
                        ? hold(batch, "the remote batch is gone", now)
                        : Step.remember(
                                batch.in(running.seen(running.remoteStatus(), running.remoteDone()), batch.changedAt()),
                                new StartTimer(Timer.POLL, longer(pollLater.delay(), wish(refusal))));
            case Polled(PollOutcome.NoAnswer _) -> Step.remember(batch, pollLater);
            // Lines that validation named have failed; the rest goes into another attempt.
            case Reported(var reports) -> {
                var step = end(batch, reports, now);
                yield step.batch().settled() || step.ends().isEmpty()
                        ? step
                        : then(
                                step,
                                step.batch()
                                        .with(batch.attempt().ended(Attempt.Outcome.REFUSED))
                                        .withNextAttempt()
                                        .in(new Sealed(), now),
                                new Effect.Spool());
            }
            case SpoolWritten _,
                    SpoolFailed _,
                    UploadEnded _,
                    PermitGranted _,
                    CreateEnded _,
                    FindEnded _,
                    DeleteEnded _,
                    FilesRead _ -> ignoreLate(batch, event);
        };
    }

    private static boolean nothingExecuted(RemoteBatch remote) {
        return remote.counts().completed() + remote.counts().failed() == 0
                && remote.outputHandle() == null
                && remote.errorHandle() == null;
    }

    /** Counts may be left out, so a completed batch has executed lines whatever it counts. */
    private static boolean namesItsFiles(RemoteBatch remote) {
        if (remote.outputHandle() != null) {
            return true;
        } else if (remote.errorHandle() != null) {
            return remote.counts().completed() == 0;
        }
        return nothingExecuted(remote) && remote.status() != RemoteBatch.Status.COMPLETED;
    }

    /** Lines were executed, and paid for: to take them as missing would buy them again. */
    private Step awaitHandles(Batch batch, Running running, StartTimer pollLater, Instant now) {
        if (batch.failures() >= LifecycleSettings.POLLS_WITHOUT_HANDLES_MAX) {
            return hold(batch, "the remote batch has ended and names no result file", now);
        }
        var seen = running.seen(running.remoteStatus(), running.remoteDone());
        return Step.remember(batch.failedAgain(seen, batch.changedAt()), pollLater);
    }

    private Step refusedAtValidation(Batch batch, RemoteBatch remote, Instant now) {
        var errors = remote.errors();
        var passing = errors.stream().allMatch(error -> passes(error.kind()));
        var notOurs = errors.stream().anyMatch(error -> ofTheAccount(error.kind()));
        if (passing && (notOurs || batch.attempt().number() < LifecycleSettings.ATTEMPTS_MAX)) {
            var code = errors.isEmpty() ? "failed" : errors.getFirst().code();
            return refuseForNow(batch, code, "failed at validation", now);
        }
        var open = batch.done().missing(batch.header().items()).toArray();
        var named = new ArrayList<Effect.RefusedItem>();
        for (var error : errors) {
            // Lines are in the order of the items that were open when the spool was written.
            var line = error.line();
            if (line != null && line >= 1 && line <= open.length) {
                named.add(new Effect.RefusedItem(open[line - 1], error.code(), error.message()));
            }
        }
        if (!named.isEmpty() && named.size() == errors.size()) {
            return Step.remember(batch, new Effect.ReportRefusedItems(named));
        }
        var first = errors.isEmpty() ? null : errors.getFirst();
        return refuseForGood(
                batch,
                first == null ? "failed" : first.code(),
                first == null ? "the vendor failed the batch and named no reason" : first.message(),
                now);
    }

    private Step refuseForNow(Batch batch, String code, String message, Instant now) {
        var refused =
                batch.with(batch.attempt().ended(Attempt.Outcome.REFUSED)).in(new Refused(code, message, true), now);
        return Step.commit(refused, untilNextAttempt(refused));
    }

    private Step refuseForGood(Batch batch, Refusal refusal, Instant now) {
        return refuseForGood(batch, refusal.code(), refusal.message(), now);
    }

    private Step refuseForGood(Batch batch, String code, String message, Instant now) {
        return Step.commit(
                batch.with(batch.attempt().ended(Attempt.Outcome.REFUSED)).in(new Refused(code, message, false), now),
                new Effect.ReportRefused(code, message));
    }

    private Step whenRefused(Batch batch, Refused refused, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ ->
                refused.again()
                        ? Step.remember(batch, untilNextAttempt(batch))
                        : Step.remember(batch, new Effect.ReportRefused(refused.code(), refused.message()));
            case TimerDue(var timer) ->
                timer != Timer.RETRY
                        ? Step.ignore(batch)
                        : refused.again()
                                ? Step.commit(batch.withNextAttempt().in(new Sealed(), now), new Effect.Spool())
                                : Step.remember(batch, new Effect.ReportRefused(refused.code(), refused.message()));
            case Reported(var reports) -> end(batch, reports, now);
            case FilesRead(ResultsOutcome.Complete _) -> Step.ignore(batch);
            case FilesRead(ResultsOutcome.BrokenOff _), FilesRead(ResultsOutcome.Refused _) ->
                retryLater(batch, now, Duration.ZERO);
            case SpoolWritten _,
                    SpoolFailed _,
                    UploadEnded _,
                    PermitGranted _,
                    CreateEnded _,
                    FindEnded _,
                    DeleteEnded _,
                    Polled _ -> ignoreLate(batch, event);
        };
    }

    private Step whileCollecting(Batch batch, Ended ended, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ -> Step.remember(batch, new Effect.Collect());
            case TimerDue(var timer) ->
                timer == Timer.RETRY ? Step.remember(batch, new Effect.Collect()) : Step.ignore(batch);
            case Reported(var reports) -> {
                var step = end(batch, reports, now);
                yield step.batch().settled() || step.ends().isEmpty()
                        ? step
                        : then(step, step.batch().in(ended.andBegun(), batch.changedAt()));
            }
            case FilesRead(ResultsOutcome.Complete _) -> Step.remember(batch, new Effect.ReportMissing());
            case FilesRead(ResultsOutcome.BrokenOff _) -> retryLater(batch, now, Duration.ZERO);
            case FilesRead(ResultsOutcome.Refused(var refusal)) ->
                refusal.kind() == Refusal.Kind.NOT_FOUND
                        ? hold(batch, "a result file is gone", now)
                        : retryLater(batch, now, wish(refusal));
            case SpoolWritten _,
                    SpoolFailed _,
                    UploadEnded _,
                    PermitGranted _,
                    CreateEnded _,
                    FindEnded _,
                    DeleteEnded _,
                    Polled _ -> ignoreLate(batch, event);
        };
    }

    /** Items end once, whatever is reported of them later; the last one settles the batch. */
    private Step end(Batch batch, List<ItemReport> reports, Instant now) {
        var ends = new ArrayList<ItemEnd>();
        var fresh = new HashSet<Integer>();
        for (var report : reports) {
            var known = report.item() >= 0 && report.item() < batch.header().items();
            if (known && !batch.done().has(report.item()) && fresh.add(report.item())) {
                ends.add(new ItemEnd(report.item(), verdict(report), report.usage()));
            }
        }
        if (ends.isEmpty()) {
            return Step.ignore(batch);
        }
        var ended = batch.with(ends);
        return new Step(
                ended.open() == 0 ? ended.in(new Settled(now), now) : ended, Step.Durability.LEDGER, ends, List.of());
    }

    private ItemEnd.Kind verdict(ItemReport report) {
        return switch (report.finding()) {
            case SUCCEEDED -> ItemEnd.Kind.SUCCEEDED;
            case FAILED_FOR_GOOD, BODY_GONE -> ItemEnd.Kind.FAILED;
            case FAILED_FOR_NOW -> failedUnless(report.attempts() + 1 < settings.itemAttemptsMax(), report);
            case MISSING -> failedUnless(report.missing() < settings.missingRetriesMax(), report);
            case NOT_EXECUTED_EXPIRED -> notExecuted(report);
            case NOT_EXECUTED_CANCELLED -> settings.cancelledReturns() ? notExecuted(report) : ItemEnd.Kind.CANCELLED;
        };
    }

    private static ItemEnd.Kind failedUnless(boolean mayTryAgain, ItemReport report) {
        return mayTryAgain && !report.lifeOver() ? ItemEnd.Kind.RETURNED : ItemEnd.Kind.FAILED;
    }

    private static ItemEnd.Kind notExecuted(ItemReport report) {
        return report.lifeOver() ? ItemEnd.Kind.EXPIRED : ItemEnd.Kind.RETURNED;
    }

    /** Each attempt uploads the whole file again, so the wait grows with their number. */
    private StartTimer untilNextAttempt(Batch batch) {
        return new StartTimer(Timer.RETRY, settings.retryDelay(batch.attempt().number()));
    }

    private Step retryLater(Batch batch, Instant now, Duration wish) {
        var again = batch.failedAgain(batch.state(), now);
        return Step.remember(again, new StartTimer(Timer.RETRY, longer(settings.retryDelay(again.failures()), wish)));
    }

    /** A permit that comes when it is of no use must go back; everything else that comes late is harmless. */
    private static Step ignoreLate(Batch batch, BatchEvent event) {
        return event instanceof PermitGranted ? Step.remember(batch, new Effect.ReleasePermit()) : Step.ignore(batch);
    }

    private static Step then(Step step, Batch batch, Effect... effects) {
        return new Step(batch, Step.Durability.LEDGER, step.ends(), List.of(effects));
    }

    /** Whether trying again later can help. */
    private static boolean passes(Refusal.Kind kind) {
        return switch (kind) {
            // A URL that leads nowhere is a matter of configuration, no reason to fail anybody's request.
            case KEY, CREDIT, RATE, QUEUE_FULL, UNAVAILABLE, NOT_FOUND -> true;
            case TOO_LARGE, BAD_REQUEST -> false;
        };
    }

    /** Whether it says nothing about the batch, so that it may be tried for as long as it takes. */
    private static boolean ofTheAccount(Refusal.Kind kind) {
        return switch (kind) {
            case KEY, CREDIT, RATE, QUEUE_FULL -> true;
            case UNAVAILABLE, NOT_FOUND, TOO_LARGE, BAD_REQUEST -> false;
        };
    }

    private static Duration wish(Refusal refusal) {
        var wish = refusal.retryAfter();
        return wish == null ? Duration.ZERO : wish;
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }
}
