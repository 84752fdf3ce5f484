package dev.halfrate.processor.batch;

import dev.halfrate.processor.batch.BatchEvent.Announced;
import dev.halfrate.processor.batch.BatchEvent.CreateEnded;
import dev.halfrate.processor.batch.BatchEvent.FilesRead;
import dev.halfrate.processor.batch.BatchEvent.MarkerTaken;
import dev.halfrate.processor.batch.BatchEvent.PermitGranted;
import dev.halfrate.processor.batch.BatchEvent.Polled;
import dev.halfrate.processor.batch.BatchEvent.Reported;
import dev.halfrate.processor.batch.BatchEvent.Sighted;
import dev.halfrate.processor.batch.BatchEvent.SpoolFailed;
import dev.halfrate.processor.batch.BatchEvent.SpoolWritten;
import dev.halfrate.processor.batch.BatchEvent.Taken;
import dev.halfrate.processor.batch.BatchEvent.TimerDue;
import dev.halfrate.processor.batch.BatchEvent.TwinSeen;
import dev.halfrate.processor.batch.BatchEvent.UploadEnded;
import dev.halfrate.processor.batch.BatchState.Creating;
import dev.halfrate.processor.batch.BatchState.Ended;
import dev.halfrate.processor.batch.BatchState.Refused;
import dev.halfrate.processor.batch.BatchState.Running;
import dev.halfrate.processor.batch.BatchState.Sealed;
import dev.halfrate.processor.batch.BatchState.Settled;
import dev.halfrate.processor.batch.BatchState.Split;
import dev.halfrate.processor.batch.BatchState.Spooled;
import dev.halfrate.processor.batch.BatchState.Standing;
import dev.halfrate.processor.batch.BatchState.Uploaded;
import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.MarkerOutcome;
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
import java.util.function.Function;

/**
 * Every decision about a batch: a function of its state and what happened.
 *
 * <p>The promise it keeps: a create is only ever asked for in a step that commits {@link Creating}, and from
 * there the next one is reached only through a definite refusal or through evidence that nothing was created.
 */
public final class BatchLifecycle {
    /** A process that dies in the middle of it leaves the rest to its successor; later it is the vendor's. */
    private static final Duration FILES_DELETED_WITHIN = Duration.ofHours(1);

    /** Roughly. */
    private static final int BYTES_PER_TOKEN = 4;

    private final LifecycleSettings settings;
    private final Function<String, AccountRules> rules;
    private final Moves moves;
    private final Doubts doubts;
    private final Twins twins;
    private final AtOnce atOnce;
    private final Hedges hedges;
    private final Primers primers;
    private final Withdrawals withdrawals;

    /** @param rules by account */
    public BatchLifecycle(LifecycleSettings settings, Function<String, AccountRules> rules) {
        this.settings = settings;
        this.rules = rules;
        this.moves = new Moves(settings);
        this.doubts = new Doubts(settings, rules, moves);
        this.twins = new Twins(settings, moves);
        this.atOnce = new AtOnce(moves, this::end);
        this.hedges = new Hedges(settings);
        this.primers = new Primers(rules);
        this.withdrawals = new Withdrawals(settings);
    }

    /** @return what holds for an account */
    public AccountRules rules(String account) {
        return rules.apply(account);
    }

    private AccountRules rules(Batch batch) {
        return rules(batch.header().account());
    }

    /** @return what follows; events that come late or twice change nothing */
    public Step on(Batch batch, BatchEvent event, Situation at) {
        var step = next(batch, event, at);
        return step.and(hedges.watchAgain(batch, step.batch(), at.now()));
    }

    private Step next(Batch batch, BatchEvent event, Situation at) {
        return switch (event) {
            case Sighted(var remote, var tag) -> twins.sighted(batch, remote, tag, at.now());
            case TwinSeen(var remoteBatchId, var outcome) -> twins.seen(batch, remoteBatchId, outcome);
            case BatchEvent.PrimersPrepared _
            when !(batch.state() instanceof BatchState.Priming) -> Step.remember(batch, new Effect.DropCalls());
            case BatchEvent.HedgesPrepared _
            when batch.state() instanceof BatchState.Priming -> Step.remember(batch, new Effect.DropCalls());
            case TimerDue(var timer)
            when timer == Timer.TWIN -> Step.ignore(batch).and(Twins.end(batch));
            case CreateEnded(CreateOutcome.Created(var remote))
            when !awaitsCreate(batch) -> twins.sighted(batch, remote, "", at.now());
            case Taken _ ->
                inState(batch, event, at)
                        .and(Twins.end(batch))
                        .and(hedges.watch(batch, at.now()))
                        .and(Withdrawals.unfinished(batch));
            case BatchEvent.Resolved _ -> {
                var step = inState(batch, event, at);
                yield step.batch().settled() && !batch.settled() ? step.and(leftovers(batch)) : step;
            }
            case BatchEvent.Withdrawn(var items) -> Withdrawals.wished(batch, items);
            case BatchEvent.WithdrawalsReported(var reports) -> {
                var step = withdrawals.end(batch, reports, at.now());
                yield step.batch().settled() && !batch.settled() ? step.and(leftovers(batch)) : step;
            }
            default -> {
                if (!Hedges.concerns(batch, event)) {
                    yield inState(batch, event, at);
                }
                var step = hedges.on(batch, event, at.now());
                yield step.batch().settled() && !batch.settled() ? step.and(leftovers(batch)) : step;
            }
        };
    }

    /**
     * What became of an effect. What it was started for may be past: then it says nothing about what is under way now.
     *
     * @return what follows
     */
    public Step answer(Batch batch, Origin origin, BatchEvent event, Situation at) {
        if (!origin.isPast(batch)) {
            return on(batch, event, at);
        }
        return switch (event) {
            case CreateEnded(var outcome) when awaitsCreate(batch) -> createdBefore(batch, outcome, at.now());
            case CreateEnded _,
                    Taken _,
                    PermitGranted _,
                    TwinSeen _,
                    BatchEvent.HedgesPrepared _,
                    BatchEvent.PrimersPrepared _,
                    BatchEvent.CallsNotPrepared _,
                    BatchEvent.CallsEnded _,
                    BatchEvent.WithdrawalsReported _ -> on(batch, event, at);
            default -> Moves.ignoreLate(batch, event);
        };
    }

    /** By an earlier attempt, unless it is what was taken for the present one's. */
    private Step createdBefore(Batch batch, CreateOutcome outcome, Instant now) {
        if (!(outcome instanceof CreateOutcome.Created(var remote))) {
            return Step.ignore(batch);
        } else if (batch.state() instanceof Running running
                && batch.attempt().remoteBatchId().equals(remote.id())) {
            return moves.run(batch, running.lines(), remote, now);
        } else if (batch.remoteBatchIds().anyMatch(remote.id()::equals)) {
            return Step.ignore(batch);
        }
        return Twins.added(Step.ignore(batch), remote);
    }

    private Step inState(Batch batch, BatchEvent event, Situation at) {
        var now = at.now();
        return switch (batch.state()) {
            case Sealed _ when batch.header().atOnce() -> atOnce.on(batch, event, now);
            case BatchState.Calling _ -> atOnce.on(batch, event, now);
            case Sealed _ when event instanceof Taken && primers.help(batch) -> primers.begin(batch, now);
            case Sealed _ -> whileSpooling(batch, event, now);
            case BatchState.Priming priming -> primed(batch, primers.on(batch, priming, event, now));
            case Spooled spooled -> whenSpooled(batch, spooled, event, at);
            case Uploaded uploaded -> whenUploaded(batch, uploaded, event, at);
            case Creating creating -> whileCreating(batch, creating, event, at);
            case BatchState.Quiescing quiescing -> doubts.whileQuiescing(batch, quiescing, event, now);
            case BatchState.Revoking revoking -> doubts.whileRevoking(batch, revoking, event, now);
            case BatchState.Hold hold -> doubts.onHold(batch, hold, event, now);
            case Running running -> whileRunning(batch, running, event, at);
            case Refused refused -> whenRefused(batch, refused, event, now);
            case Ended ended -> whileCollecting(batch, ended, event, now);
            case Settled(var settledAt, var _, var _)
            when event instanceof Taken && settledAt.isAfter(now.minus(FILES_DELETED_WITHIN)) ->
                Step.ignore(batch).and(leftovers(batch));
            // A line of ours may have settled it that stood in another's file: only the whole file shows whose it is.
            case Settled _
            when event instanceof FilesRead(ResultsOutcome.Complete _, var ours, var foreign, int _)
                    && batch.attempt().guess()
                    && ours > foreign ->
                Step.commit(batch.with(batch.attempt().created(batch.attempt().remoteBatchId())));
            case Split _, Settled _ -> Moves.ignoreLate(batch, event);
        };
    }

    /** Primers may have been all that there was. */
    private Step primed(Batch batch, Step step) {
        return step.batch().settled() ? step.and(leftovers(batch)) : step;
    }

    private List<Effect.DeleteFiles> leftovers(Batch batch) {
        return rules(batch).deletesFiles() && !batch.header().atOnce() ? List.of(new Effect.DeleteFiles()) : List.of();
    }

    /** @return whether an answer to a create, late as it may be, can be that of the present attempt */
    private static boolean awaitsCreate(Batch batch) {
        return switch (batch.state()) {
            case Creating _, BatchState.Quiescing _, BatchState.Revoking _, BatchState.Hold _ -> true;
            case Running running -> running.standing() == Standing.PROVISIONAL;
            case Sealed _,
                    BatchState.Priming _,
                    Spooled _,
                    Uploaded _,
                    Refused _,
                    Ended _,
                    BatchState.Calling _,
                    Split _,
                    Settled _ -> false;
        };
    }

    /** A part has settled; with the last one the split batch has. */
    public Batch partSettled(Batch parent, Batch part, Instant now) {
        if (!(parent.state() instanceof Split(var openParts))) {
            throw new IllegalStateException(
                    parent.id() + " is " + parent.state().word() + ", not split");
        }
        var left = openParts.stream().filter(id -> !id.equals(part.id())).toList();
        var merged = parent.withSettled(part, new Split(left));
        return left.isEmpty() ? merged.in(new Settled(now), now) : merged;
    }

    private Step whileSpooling(Batch batch, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ -> Step.remember(batch, new Effect.Spool());
            case SpoolWritten(var lines, var gone) -> {
                var step = end(batch, gone, now);
                if (step.batch().open() == 0) {
                    yield step.batch().settled()
                            ? step
                            : Hedges.settled(step, now).and(leftovers(batch));
                }
                yield then(
                        step,
                        step.batch().in(new Spooled(lines), now),
                        rules(batch).inline() ? new Effect.AcquirePermit() : new Effect.Upload());
            }
            case SpoolFailed _ -> moves.retryLater(batch, now, Duration.ZERO);
            case TimerDue(var timer) ->
                timer == Timer.RETRY ? Step.remember(batch, new Effect.Spool()) : Step.ignore(batch);
            default -> Moves.ignoreLate(batch, event);
        };
    }

    private Step whenSpooled(Batch batch, Spooled spooled, BatchEvent event, Situation at) {
        var now = at.now();
        var inline = rules(batch).inline();
        return switch (event) {
            // The spool is a local file that a new owner does not have.
            case Taken _ -> Step.remember(batch.in(new Sealed(), batch.changedAt()), new Effect.Spool());
            case UploadEnded(UploadOutcome.Uploaded(var inputFileId)) ->
                Step.commit(
                        batch.with(batch.attempt().uploaded(inputFileId)).in(new Uploaded(spooled.lines()), now),
                        new Effect.AcquirePermit());
            case UploadEnded(UploadOutcome.Refused(var refusal)) ->
                passes(refusal.kind())
                        ? moves.retryLater(batch, now, Moves.wish(refusal))
                        : refuseForGood(batch, refusal, at);
            case UploadEnded(UploadOutcome.Unknown _) -> moves.retryLater(batch, now, Duration.ZERO);
            case PermitGranted _ when inline -> permitted(batch, spooled.lines(), at);
            case MarkerTaken(var outcome) when inline -> marked(batch, spooled.lines(), outcome, at);
            case TimerDue(var timer) ->
                timer == Timer.RETRY
                        ? Step.remember(batch, inline ? new Effect.AcquirePermit() : new Effect.Upload())
                        : Step.ignore(batch);
            default -> Moves.ignoreLate(batch, event);
        };
    }

    private Step whenUploaded(Batch batch, Uploaded uploaded, BatchEvent event, Situation at) {
        return switch (event) {
            case Taken _ -> Step.remember(batch, new Effect.AcquirePermit());
            case PermitGranted _ -> permitted(batch, uploaded.lines(), at);
            case MarkerTaken(var outcome) -> marked(batch, uploaded.lines(), outcome, at);
            case TimerDue(var timer) ->
                timer == Timer.RETRY ? Step.remember(batch, new Effect.AcquirePermit()) : Step.ignore(batch);
            default -> Step.ignore(batch);
        };
    }

    private Step permitted(Batch batch, int lines, Situation at) {
        return rules(batch).exact() ? create(batch, lines, "", at) : Step.remember(batch, new Effect.TakeMarker());
    }

    private Step marked(Batch batch, int lines, MarkerOutcome outcome, Situation at) {
        return switch (outcome) {
            case MarkerOutcome.Marker(var newest) -> create(batch, lines, newest, at);
            case MarkerOutcome.Refused(var refusal) ->
                moves.retryLater(batch, at.now(), Moves.wish(refusal)).and(List.of(new Effect.ReleasePermit()));
            case MarkerOutcome.NoAnswer _ ->
                moves.retryLater(batch, at.now(), Duration.ZERO).and(List.of(new Effect.ReleasePermit()));
        };
    }

    private Step create(Batch batch, int lines, String marker, Situation at) {
        if (batch.open() == 0) {
            return Hedges.settled(Step.ignore(batch), at.now()).and(leftovers(batch));
        }
        if (batch.unwantedOpen().count() == batch.open()) {
            return Step.remember(batch, new Effect.ReleasePermit()); // they are about to end
        }
        var attempt = batch.attempt().started(at.epoch(), at.now(), settings.createTimeout(), marker);
        return Step.commit(
                batch.with(attempt).failing(new Creating(lines), batch.failures(), at.now()), new Effect.Create());
    }

    private Step whileCreating(Batch batch, Creating creating, BatchEvent event, Situation at) {
        var now = at.now();
        return switch (event) {
            case Taken _ -> doubts.begin(batch, creating.lines(), "owner changed during the create", now);
            case CreateEnded(CreateOutcome.Created(var remote)) -> moves.run(batch, creating.lines(), remote, now);
            case CreateEnded(CreateOutcome.InDoubt(var reason)) -> doubts.begin(batch, creating.lines(), reason, now);
            case CreateEnded(CreateOutcome.Refused(var refusal)) -> {
                if (!passes(refusal.kind())) {
                    yield refuseForGood(batch, refusal, at);
                } else if (mayBeSmaller(batch, refusal.limitTokens())) {
                    yield backToLane(batch, refusal.code(), refusal.limitTokens(), now);
                } else if (refusal.kind() == Refusal.Kind.NOT_FOUND) {
                    // The input file, if anything: it has expired or was cleaned up. Another attempt uploads another.
                    yield refuseForNow(batch, refusal.code(), refusal.message(), now);
                }
                var waiting = batch.failedAgain(
                        rules(batch).inline() ? new Spooled(creating.lines()) : new Uploaded(creating.lines()), now);
                yield Step.commit(
                        waiting,
                        new StartTimer(
                                Timer.RETRY,
                                Moves.longer(settings.retryDelay(waiting.failures()), Moves.wish(refusal))));
            }
            case PermitGranted _ -> Step.remember(batch, new Effect.ReleasePermit());
            default -> Step.ignore(batch);
        };
    }

    private Step whileRunning(Batch batch, Running running, BatchEvent event, Situation at) {
        var now = at.now();
        var provisional = running.standing() == Standing.PROVISIONAL;
        var pollLater = new StartTimer(Timer.POLL, settings.pollDelay(running.polls()));
        return switch (event) {
            case Taken _ -> Step.remember(batch, new Effect.Poll());
            case TimerDue(var timer) ->
                timer == Timer.POLL ? Step.remember(batch, poll(batch, running, now)) : Step.ignore(batch);
            case Announced _ -> Step.remember(batch, new Effect.PollAlone());
            case Polled(PollOutcome.Seen(var remote)) -> {
                if (remote.status() == RemoteBatch.Status.FAILED && nothingExecuted(remote)) {
                    yield provisional
                            ? doubts.disproved(batch, running.lines(), now)
                            : refusedAtValidation(batch, remote, at);
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
                                            false,
                                            running.standing(),
                                            0),
                                    now),
                            new Effect.Collect());
                }
                var done = remote.counts().completed() + remote.counts().failed();
                var seen = running.seen(remote.vendorStatus(), done);
                // A cancel that is lost is asked for again.
                if (running.standing() != Standing.PROVISIONAL
                        && remote.status() != RemoteBatch.Status.CANCELLING
                        && (running.standing() == Standing.CANCELLING || overdue(batch, running.createdAt(), now))) {
                    yield Step.commit(
                            batch.in(seen.as(Standing.CANCELLING), batch.changedAt()), new Effect.Cancel(), pollLater);
                }
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
                        ? provisional
                                ? doubts.disproved(batch, running.lines(), now)
                                : moves.hold(batch, "the remote batch is gone", now)
                        : Step.remember(
                                batch.in(running.seen(running.remoteStatus(), running.remoteDone()), batch.changedAt()),
                                new StartTimer(Timer.POLL, Moves.longer(pollLater.delay(), Moves.wish(refusal))));
            case Polled(PollOutcome.NoAnswer _) -> Step.remember(batch, pollLater);
            // The answer is surer than the guess.
            case CreateEnded(CreateOutcome.Created(var remote))
            when provisional -> moves.run(batch, running.lines(), remote, now);
            // Lines that validation named have failed; the rest goes into another attempt.
            case Reported(var reports)
            when !provisional -> {
                var step = end(batch, reports, now);
                yield step.batch().settled() || (step.ends().isEmpty() && !called(batch, reports))
                        ? step
                        : then(
                                step,
                                step.batch()
                                        .with(batch.attempt().ended(Attempt.Outcome.REFUSED))
                                        .withNextAttempt()
                                        .in(new Sealed(), now),
                                new Effect.Spool());
            }
            default -> Moves.ignoreLate(batch, event);
        };
    }

    private static boolean called(Batch batch, List<ItemReport> reports) {
        return reports.stream()
                .anyMatch(report -> report.item() >= 0 && batch.calls().called().has(report.item()));
    }

    /** What others have had may be old: now and then, and before it is cancelled, it is looked at itself. */
    private Effect poll(Batch batch, Running running, Instant now) {
        var alone =
                running.polls() % LifecycleSettings.POLLS_ALONE_EVERY == 0 || overdue(batch, running.createdAt(), now);
        return alone ? new Effect.PollAlone() : new Effect.Poll();
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
            return moves.hold(batch, "the remote batch has ended and names no result file", now);
        }
        var seen = running.seen(running.remoteStatus(), running.remoteDone());
        return Step.remember(batch.failedAgain(seen, batch.changedAt()), pollLater);
    }

    private Step refusedAtValidation(Batch batch, RemoteBatch remote, Situation at) {
        var now = at.now();
        var errors = remote.errors();
        var passing = errors.stream().allMatch(error -> passes(error.kind()));
        var notOurs = errors.stream().anyMatch(error -> ofTheAccount(error.kind()));
        var limitTokens = errors.stream()
                .mapToLong(RemoteBatch.BatchError::limitTokens)
                .max()
                .orElse(0);
        if (passing && mayBeSmaller(batch, limitTokens)) {
            return backToLane(batch, errors.getFirst().code(), limitTokens, now);
        }
        if (passing && cannotFit(batch, limitTokens)) {
            var error = errors.getFirst();
            return refuseForGood(batch, error.code(), error.message(), now);
        }
        if (passing && (notOurs || batch.attempt().number() < LifecycleSettings.ATTEMPTS_MAX)) {
            var code = errors.isEmpty() ? "failed" : errors.getFirst().code();
            return refuseForNow(batch, code, "failed at validation", now);
        }
        var named = new ArrayList<Effect.RefusedLine>();
        for (var error : errors) {
            var line = error.line();
            if (line != null && line >= 1 && line <= batch.open()) {
                named.add(new Effect.RefusedLine(line, error.code(), error.message()));
            }
        }
        // Which items stand in the file is known only as long as none of them has ended since.
        if (!named.isEmpty() && named.size() == errors.size() && batch.open() == lines(batch)) {
            // Somebody may cancel just those meanwhile: then the next poll goes on.
            return Step.remember(
                    batch, new Effect.ReportRefusedLines(named), new StartTimer(Timer.POLL, settings.pollDelay(0)));
        }
        var ofLines = errors.stream().filter(error -> ofTheLines(error.kind())).findFirst();
        if (ofLines.isPresent()) {
            return split(batch, ofLines.get().code(), ofLines.get().message(), at);
        }
        var first = errors.isEmpty() ? null : errors.getFirst();
        return refuseForGood(
                batch,
                first == null ? "failed" : first.code(),
                first == null ? "the vendor failed the batch and named no reason" : first.message(),
                now);
    }

    /** Halves find a bad line that the vendor does not name, and what fits where all of it does not. */
    private Step split(Batch batch, String code, String message, Situation at) {
        if (batch.open() < lines(batch)) {
            // Calls have answered some meanwhile, or somebody has cancelled them: the bad line may have been one of
            // those.
            return refuseForNow(batch, code, message, at.now());
        }
        if (batch.open() < 2 || at.parts() + 2 > LifecycleSettings.PARTS_MAX) {
            return refuseForGood(batch, code, message, at.now());
        }
        var refused = batch.with(batch.attempt().ended(Attempt.Outcome.REFUSED));
        var halves = refused.halves(at.now());
        return new Step(
                refused.in(new Split(halves.stream().map(Batch::id).toList()), at.now()),
                Step.Durability.LEDGER,
                List.of(),
                List.of(),
                halves);
    }

    /** @return of what was refused */
    private static int lines(Batch batch) {
        return switch (batch.state()) {
            case Spooled spooled -> spooled.lines();
            case Creating creating -> creating.lines();
            case Running running -> running.lines();
            default -> 0;
        };
    }

    private Step refuseForNow(Batch batch, String code, String message, Instant now) {
        var refused =
                batch.with(batch.attempt().ended(Attempt.Outcome.REFUSED)).in(new Refused(code, message, true), now);
        return Step.commit(refused, untilNextAttempt(refused));
    }

    private static boolean mayBeSmaller(Batch batch, long limitTokens) {
        return limitTokens > 0 && batch.open() > 1;
    }

    /** A single request with about as many tokens as are allowed at all; one that waits for others' fits later. */
    private static boolean cannotFit(Batch batch, long limitTokens) {
        return limitTokens > 0
                && batch.open() == 1
                && batch.attempt().number() >= LifecycleSettings.ATTEMPTS_MAX
                && batch.header().bytes() / BYTES_PER_TOKEN > limitTokens / 5 * 4;
    }

    /** As it is it may never fit; the lane knows what else is enqueued, and how much to seal. */
    private Step backToLane(Batch batch, String code, long limitTokens, Instant now) {
        var message = "the vendor allows %d enqueued tokens".formatted(limitTokens);
        var refused = new Refused(code, message, false, limitTokens);
        return Step.commit(
                batch.with(batch.attempt().ended(Attempt.Outcome.REFUSED)).in(refused, now), report(refused));
    }

    private static Effect report(Refused refused) {
        return refused.queueFull()
                ? new Effect.ReportUnexecuted(refused.code(), refused.message())
                : new Effect.ReportRefused(refused.code(), refused.message());
    }

    private Step refuseForGood(Batch batch, Refusal refusal, Situation at) {
        // Of a file the vendor has not read a line yet when it answers a create.
        var ofLines = refusal.kind() == Refusal.Kind.TOO_LARGE || rules(batch).inline();
        return ofLines
                ? split(batch, refusal.code(), refusal.message(), at)
                : refuseForGood(batch, refusal.code(), refusal.message(), at.now());
    }

    private Step refuseForGood(Batch batch, String code, String message, Instant now) {
        if (batch.open() == 0) {
            return Hedges.settled(Step.ignore(batch.with(batch.attempt().ended(Attempt.Outcome.REFUSED))), now)
                    .and(leftovers(batch));
        }
        return Step.commit(
                batch.with(batch.attempt().ended(Attempt.Outcome.REFUSED)).in(new Refused(code, message, false), now),
                new Effect.ReportRefused(code, message));
    }

    private Step whenRefused(Batch batch, Refused refused, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ ->
                refused.again() ? Step.remember(batch, untilNextAttempt(batch)) : Step.remember(batch, report(refused));
            case TimerDue(var timer) ->
                timer != Timer.RETRY
                        ? Step.ignore(batch)
                        : refused.again()
                                ? Step.commit(batch.withNextAttempt().in(new Sealed(), now), new Effect.Spool())
                                : Step.remember(batch, report(refused));
            case Reported(var reports) -> end(batch, reports, now);
            default -> Moves.ignoreLate(batch, event);
        };
    }

    private Step whileCollecting(Batch batch, Ended ended, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ -> Step.remember(batch, new Effect.Collect());
            case TimerDue(var timer) ->
                timer == Timer.RETRY ? Step.remember(batch, new Effect.Collect()) : Step.ignore(batch);
            case Reported(var reports) -> {
                var step = end(batch, reports, now);
                yield step.ends().isEmpty()
                        ? step
                        : step.batch().settled()
                                ? step
                                : then(step, step.batch().in(ended.andBegun(), batch.changedAt()));
            }
            case FilesRead(ResultsOutcome.Complete _, var ours, var foreign, var corrupt) -> {
                if (ended.standing() != Standing.PROVISIONAL) {
                    yield lacksLines(batch, ended, now);
                }
                var anothers = foreign >= ended.lines();
                if (ours > 0 && !anothers) {
                    var lacking = lacksLines(
                            batch.with(batch.attempt().created(batch.attempt().remoteBatchId())),
                            ended.asProven(),
                            now);
                    yield then(lacking, lacking.batch(), lacking.effects().toArray(Effect[]::new));
                }
                // Nothing of ours is no proof yet: what cannot be read may have been. And a file that holds everything
                // contradicts itself.
                yield anothers && corrupt == 0 && ours == 0
                        ? doubts.disproved(batch, ended.lines(), now)
                        : moves.hold(batch, "its lines do not show whose the remote batch is", now);
            }
            case FilesRead(ResultsOutcome.BrokenOff(var reason, var _), int _, int _, int _) ->
                batch.failures() < LifecycleSettings.READS_BROKEN_OFF_MAX || mayBeAnothers(ended)
                        ? moves.retryLater(batch, now, Duration.ZERO)
                        : moves.hold(batch, "a result file cannot be read: " + reason, now);
            case FilesRead(ResultsOutcome.Refused(var refusal), int _, int _, int _) ->
                refusal.kind() == Refusal.Kind.NOT_FOUND && !mayBeAnothers(ended)
                        ? moves.hold(batch, "a result file is gone", now)
                        : moves.retryLater(batch, now, Moves.wish(refusal));
            default -> Moves.ignoreLate(batch, event);
        };
    }

    /** Nothing of ours has come of it yet, so it can wait for as long as it takes. */
    private static boolean mayBeAnothers(Ended ended) {
        return ended.standing() == Standing.PROVISIONAL && !ended.begun();
    }

    /** A file may end cleanly and too early, or be empty for a while. */
    private Step lacksLines(Batch batch, Ended ended, Instant now) {
        if (batch.open() == 0) {
            return Step.commit(batch.in(Settled.after(ended, now), now)).and(leftovers(batch));
        }
        var read = ended.readOnceMore();
        return read.reads() >= LifecycleSettings.FULL_READS_MAX || !ended.hasFiles()
                ? Step.remember(batch.in(ended, batch.changedAt()), new Effect.ReportMissing())
                : Step.remember(
                        batch.in(read, batch.changedAt()), new StartTimer(Timer.RETRY, settings.retryDelayMax()));
    }

    /** Items end once, whatever is reported of them later; the last one settles the batch. */
    private Step end(Batch batch, List<ItemReport> reports, Instant now) {
        var ends = new ArrayList<ItemEnd>();
        var fresh = new HashSet<Integer>();
        var boughtAgain = 0;
        var unanswered = 0;
        var calls = batch.calls();
        for (var report : reports) {
            var known = report.item() >= 0 && report.item() < batch.header().items();
            if (known && !batch.done().has(report.item()) && fresh.add(report.item())) {
                var verdict = verdict(batch, report, cancelledByUs(batch, now));
                ends.add(new ItemEnd(report.item(), verdict, report.tag(), report.spend()));
                if (report.finding() == ItemReport.Finding.MISSING && verdict == ItemEnd.Kind.RETURNED) {
                    boughtAgain++;
                } else if (report.finding() == ItemReport.Finding.NO_ANSWER) {
                    unanswered++;
                }
            } else if (known && Hedges.paid(report) && calls.ahead().has(report.item())) {
                calls = calls.plusLate(report.item(), report.spend().cost().paid());
            }
        }
        var filesRead = batch.state() instanceof Ended
                && reports.stream().allMatch(report -> report.finding() == ItemReport.Finding.MISSING);
        if (ends.isEmpty() && filesRead && batch.open() == 0) {
            return Step.commit(batch.in(Settled.after(batch.state(), now), now)).and(leftovers(batch));
        }
        if (ends.isEmpty()) {
            return calls.equals(batch.calls()) ? Step.ignore(batch) : Step.commit(batch.with(calls));
        }
        var ended = batch.with(ends)
                .with(calls)
                .with(batch.exposure().plusMissing(boughtAgain).plusCalled(unanswered));
        // Lines of what calls have answered show what was paid on top: all of them are read first.
        var moreToSee = batch.state() instanceof Ended
                && !filesRead
                && ended.calls().ahead().count() > 0;
        return ended.open() == 0 && !moreToSee
                ? new Step(ended.in(Settled.after(batch.state(), now), now), Step.Durability.LEDGER, ends, List.of())
                        .and(leftovers(batch))
                : new Step(ended, Step.Durability.LEDGER, ends, List.of());
    }

    /** Also if it was held since, which forgets the wish: what is as old as that we have cancelled. */
    private boolean cancelledByUs(Batch batch, Instant now) {
        return batch.state() instanceof Ended ended
                && (ended.standing() == Standing.CANCELLING || overdue(batch, ended.createdAt(), now));
    }

    private boolean overdue(Batch batch, Instant createdAt, Instant now) {
        var startedAt = batch.attempt().startedAt();
        return (startedAt == null ? createdAt : startedAt)
                .plus(settings.runningMax())
                .isBefore(now);
    }

    private ItemEnd.Kind verdict(Batch batch, ItemReport report, boolean cancelledByUs) {
        return switch (report.finding()) {
            case SUCCEEDED -> ItemEnd.Kind.SUCCEEDED;
            case FAILED_FOR_GOOD, BODY_GONE -> ItemEnd.Kind.FAILED;
            case FAILED_FOR_NOW -> failedUnless(report.attempts() + 1 < settings.itemAttemptsMax(), report);
            case MISSING -> failedUnless(report.missing() < settings.missingRetriesMax(), report);
            case NO_ANSWER ->
                failedUnless(rules(batch).callsAgain() && report.missing() < settings.missingRetriesMax(), report);
            case NOT_EXECUTED_EXPIRED, NOT_TAKEN -> notExecuted(report);
            case WITHDRAWN -> ItemEnd.Kind.CANCELLED;
            case NOT_EXECUTED_CANCELLED ->
                cancelledByUs || settings.cancelledReturns() ? notExecuted(report) : ItemEnd.Kind.CANCELLED;
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

    /** Whether fewer lines, or others, may be taken. */
    private static boolean ofTheLines(Refusal.Kind kind) {
        return switch (kind) {
            case TOO_LARGE, BAD_REQUEST -> true;
            case KEY, CREDIT, RATE, QUEUE_FULL, UNAVAILABLE, NOT_FOUND -> false;
        };
    }

    /** Whether it says nothing about the batch, so that it may be tried for as long as it takes. */
    private static boolean ofTheAccount(Refusal.Kind kind) {
        return switch (kind) {
            case KEY, CREDIT, RATE, QUEUE_FULL -> true;
            case UNAVAILABLE, NOT_FOUND, TOO_LARGE, BAD_REQUEST -> false;
        };
    }
}
