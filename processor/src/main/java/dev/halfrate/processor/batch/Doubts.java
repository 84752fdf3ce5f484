package dev.halfrate.processor.batch;

import dev.halfrate.processor.batch.BatchEvent.CreateEnded;
import dev.halfrate.processor.batch.BatchEvent.DeleteEnded;
import dev.halfrate.processor.batch.BatchEvent.FindEnded;
import dev.halfrate.processor.batch.BatchEvent.Polled;
import dev.halfrate.processor.batch.BatchEvent.Taken;
import dev.halfrate.processor.batch.BatchEvent.TimerDue;
import dev.halfrate.processor.batch.BatchState.Hold;
import dev.halfrate.processor.batch.BatchState.Quiescing;
import dev.halfrate.processor.batch.BatchState.Revoking;
import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.RemoteBatch;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** From a create that nobody knows the outcome of to evidence, or to what policy says where there is none. */
final class Doubts {
    private final LifecycleSettings settings;
    private final Function<String, AccountRules> rules;
    private final Moves moves;

    Doubts(LifecycleSettings settings, Function<String, AccountRules> rules, Moves moves) {
        this.settings = settings;
        this.rules = rules;
        this.moves = moves;
    }

    Step begin(Batch batch, int lines, String reason, Instant now) {
        return look(batch.with(batch.attempt().ended(Attempt.Outcome.DOUBTFUL)), lines, reason, now);
    }

    /** The candidate has ended, or is gone, and nothing of it was ours. */
    Step disproved(Batch batch, int lines, Instant now) {
        var again = batch.with(batch.attempt().disprovedCandidate());
        return look(again, lines, "the remote batch that was taken for it is another's", now);
    }

    /** Found at once is evidence at any time; only absence has to wait for the quiet time. */
    private static Step look(Batch batch, int lines, String reason, Instant now) {
        return Step.commit(batch.in(new Quiescing(lines, 0, false, reason), now), new Effect.Find());
    }

    /**
     * One listing at a time, so that none that began before the quiet time was over, or before the deletion, can be
     * taken for a later one.
     */
    Step whileQuiescing(Batch batch, Quiescing quiescing, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ ->
                Step.remember(
                        batch.in(new Quiescing(quiescing.lines(), 0, false, quiescing.reason()), batch.changedAt()),
                        new Effect.Find());
            case FindEnded(var outcome) -> looked(batch, quiescing, outcome, now);
            case TimerDue(var timer) ->
                switch (timer) {
                    case QUIET ->
                        Step.remember(
                                batch.in(
                                        new Quiescing(quiescing.lines(), 0, true, quiescing.reason()),
                                        batch.changedAt()),
                                new Effect.Find());
                    case LIST -> Step.remember(batch, new Effect.Find());
                    case RETRY, POLL, TWIN, DEADLINE -> Step.ignore(batch);
                };
            // Late, but as good as any evidence.
            case CreateEnded(CreateOutcome.Created(var remote)) -> moves.run(batch, quiescing.lines(), remote, now);
            default -> Moves.ignoreLate(batch, event);
        };
    }

    private Step looked(Batch batch, Quiescing quiescing, FindOutcome outcome, Instant now) {
        return switch (outcome) {
            case FindOutcome.Found(var remotes) -> found(batch, quiescing.lines(), remotes, now);
            case FindOutcome.Candidates(var remotes) -> {
                var candidate = candidate(batch, quiescing.lines(), remotes);
                yield candidate.isPresent()
                        ? moves.adopt(batch, quiescing.lines(), candidate.get(), now)
                        : lookedInVain(batch, quiescing, now);
            }
            case FindOutcome.Absent _ -> lookedInVain(batch, quiescing, now);
            case FindOutcome.CannotTell _ -> {
                var again = batch.failedAgain(quiescing, batch.changedAt());
                yield again.failures() > LifecycleSettings.LISTINGS_FAILED_MAX
                        ? moves.hold(batch, "the vendor's listings cannot be had", now)
                        : Step.remember(again, quiescing.quiet() ? listLater() : untilQuiet(batch));
            }
        };
    }

    private Step lookedInVain(Batch batch, Quiescing quiescing, Instant now) {
        if (!quiescing.quiet()) {
            return Step.remember(batch, untilQuiet(batch));
        }
        var clean = quiescing.cleanListings() + 1;
        if (clean < LifecycleSettings.CLEAN_LISTINGS) {
            return Step.remember(
                    batch.in(new Quiescing(quiescing.lines(), clean, true, quiescing.reason()), batch.changedAt()),
                    listLater());
        }
        var absent = batch.with(batch.attempt().ended(Attempt.Outcome.ABSENT));
        var account = rules.apply(batch.header().account());
        return switch (account.policy()) {
            case RESUBMIT_IF_REVOKED ->
                Step.commit(absent.in(new Revoking(quiescing.lines(), false), now), new Effect.DeleteInput());
            case RESUBMIT_AFTER_QUIESCE -> {
                var exposure = batch.exposure().plusReleased(quiescing.lines());
                yield exposure.released() > account.releasedLinesMax()
                        ? moves.hold(absent, "no trace of it, and too many lines could be bought twice", now)
                        : nextAttempt(
                                absent.with(exposure).with(absent.attempt().ended(Attempt.Outcome.RELEASED)), now);
            }
            case HOLD -> moves.hold(absent, "no trace of it; an operator decides", now);
        };
    }

    private Step found(Batch batch, int lines, List<RemoteBatch> remotes, Instant now) {
        // The first one that may still bring results; there is none in most cases but the only one.
        var best = remotes.stream()
                .filter(remote -> switch (remote.status()) {
                    case FAILED, EXPIRED, CANCELLED, CANCELLING -> false;
                    case VALIDATING, IN_PROGRESS, FINALIZING, COMPLETED, UNKNOWN -> true;
                })
                .findFirst()
                .orElse(remotes.getFirst());
        var step = moves.run(batch, lines, best, now);
        for (var remote : remotes) {
            if (!remote.id().equals(best.id())) {
                step = Twins.added(step, remote);
            }
        }
        return step;
    }

    /** @return the oldest remote batch that has as many lines as were sent and was not disproved */
    private static Optional<RemoteBatch> candidate(Batch batch, int lines, List<RemoteBatch> remotes) {
        return remotes.stream()
                .filter(remote -> remote.counts().total() == lines
                        && !batch.attempt().disproved().contains(remote.id()))
                .findFirst();
    }

    Step whileRevoking(Batch batch, Revoking revoking, BatchEvent event, Instant now) {
        return switch (event) {
            case Taken _ -> Step.remember(batch, new Effect.DeleteInput());
            // What came just before the deletion may not be in the listings yet.
            case DeleteEnded(DeleteOutcome.Deleted _) ->
                Step.remember(batch.in(new Revoking(revoking.lines(), true), batch.changedAt()), listLater());
            case DeleteEnded(DeleteOutcome.Refused _), DeleteEnded(DeleteOutcome.NoAnswer _) ->
                moves.retryLater(batch, now, Duration.ZERO);
            case FindEnded(FindOutcome.Found(var remotes)) -> found(batch, revoking.lines(), remotes, now);
            case FindEnded(FindOutcome.Absent _) ->
                revoking.deleted()
                        ? nextAttempt(batch.with(batch.attempt().ended(Attempt.Outcome.REVOKED)), now)
                        : Step.ignore(batch);
            case FindEnded(FindOutcome.CannotTell _), FindEnded(FindOutcome.Candidates _) ->
                Step.remember(batch, listLater());
            case TimerDue(var timer) ->
                switch (timer) {
                    case RETRY -> Step.remember(batch, new Effect.DeleteInput());
                    case LIST -> Step.remember(batch, new Effect.Find());
                    case QUIET, POLL, TWIN, DEADLINE -> Step.ignore(batch);
                };
            case CreateEnded(CreateOutcome.Created(var remote)) -> moves.run(batch, revoking.lines(), remote, now);
            default -> Moves.ignoreLate(batch, event);
        };
    }

    private Step nextAttempt(Batch batch, Instant now) {
        return batch.doubts() >= settings.doubtsMax()
                ? moves.hold(batch, "no create was answered in " + batch.doubts() + " attempts", now)
                : Moves.tryAgain(batch, now);
    }

    Step onHold(Batch batch, Hold hold, BatchEvent event, Instant now) {
        var lookAgain = new StartTimer(Timer.LIST, settings.retryDelayMax());
        return switch (event) {
            case Taken _ -> Step.remember(batch, lookAgain);
            case TimerDue(var timer) -> timer == Timer.LIST ? lookOnHold(batch) : Step.ignore(batch);
            case FindEnded(FindOutcome.Found(var remotes)) -> found(batch, hold.lines(), remotes, now);
            case FindEnded(FindOutcome.Candidates(var remotes)) ->
                candidate(batch, hold.lines(), remotes)
                        .map(remote -> moves.adopt(batch, hold.lines(), remote, now))
                        .orElseGet(() -> Step.remember(batch, lookAgain));
            case FindEnded(FindOutcome.Absent _) ->
                // It was held because nothing could be listed.
                batch.attempt().outcome() == Attempt.Outcome.DOUBTFUL
                        ? look(batch, hold.lines(), hold.reason(), now)
                        : Step.remember(batch, lookAgain);
            case FindEnded(FindOutcome.CannotTell _) -> Step.remember(batch, lookAgain);
            case Polled(PollOutcome.Refused _), Polled(PollOutcome.NoAnswer _) ->
                batch.attempt().guess()
                        // What an operator has named is not there, or cannot be had: it is looked for as before.
                        ? Step.commit(batch.with(batch.attempt().perhaps("")), lookAgain)
                        : Step.remember(batch, lookAgain);
            case Polled(PollOutcome.Seen(var remote)) ->
                batch.attempt().outcome() == Attempt.Outcome.CREATED
                        ? moves.run(batch, hold.lines(), remote, now)
                        : moves.adopt(batch, hold.lines(), remote, now);
            case CreateEnded(CreateOutcome.Created(var remote)) -> moves.run(batch, hold.lines(), remote, now);
            case BatchEvent.Resolved resolved
            when resolved.attempt() == batch.attempt().number() -> resolved(batch, hold, resolved, now);
            default -> Moves.ignoreLate(batch, event);
        };
    }

    private static Step resolved(Batch batch, Hold hold, BatchEvent.Resolved resolved, Instant now) {
        return switch (resolved.resolution()) {
            case LOOK ->
                Step.remember(batch, batch.attempt().remoteBatchId().isEmpty() ? new Effect.Find() : new Effect.Poll());
            case FOUND -> found(batch, resolved.remoteBatchId());
            case AGAIN -> {
                var released = batch.with(batch.exposure().plusReleased(hold.lines()))
                        .with(batch.attempt().ended(Attempt.Outcome.RELEASED));
                yield batch.open() == 0 ? Hedges.settled(Step.ignore(released), now) : Moves.tryAgain(released, now);
            }
        };
    }

    /** Where the remote batch is known, another one cannot be it. */
    private static Step found(Batch batch, String remoteBatchId) {
        if (batch.attempt().outcome() != Attempt.Outcome.CREATED) {
            return Step.commit(batch.with(batch.attempt().perhaps(remoteBatchId)), new Effect.Poll());
        }
        return batch.attempt().remoteBatchId().equals(remoteBatchId)
                ? Step.remember(batch, new Effect.Poll())
                : Step.ignore(batch);
    }

    /** What lines that are there once and for all do not show, another look does not show either. */
    private static Step lookOnHold(Batch batch) {
        if (batch.attempt().remoteBatchId().isEmpty()) {
            return Step.remember(batch, new Effect.Find());
        }
        return batch.attempt().outcome() == Attempt.Outcome.CREATED
                ? Step.remember(batch, new Effect.Poll())
                : Step.ignore(batch);
    }

    private StartTimer listLater() {
        return new StartTimer(Timer.LIST, settings.listingsApart());
    }

    private StartTimer untilQuiet(Batch batch) {
        return new StartTimer(Timer.QUIET, settings.quietTime(batch.attempt()));
    }
}
