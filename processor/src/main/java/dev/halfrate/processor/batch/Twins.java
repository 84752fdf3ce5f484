package dev.halfrate.processor.batch;

import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import java.time.Instant;
import java.util.List;

/** Second remote batches of one batch: cancelled at once, watched to their end for what they cost. */
final class Twins {
    private final LifecycleSettings settings;
    private final Moves moves;

    Twins(LifecycleSettings settings, Moves moves) {
        this.settings = settings;
        this.moves = moves;
    }

    /** A remote batch has this batch's name on it, and it may or may not be the one that counts. */
    Step sighted(Batch batch, RemoteBatch remote, String tag, Instant now) {
        if (boughtNothing(remote) || batch.remoteBatchIds().anyMatch(remote.id()::equals)) {
            return Step.ignore(batch);
        }
        return switch (batch.state()) {
            // A create is under way: its answer or the search for it will tell.
            case BatchState.Creating _ -> Step.ignore(batch);
            case BatchState.Sealed _, BatchState.Priming _, BatchState.Spooled _, BatchState.Uploaded _ ->
                moves.run(batch, Moves.lines(batch), remote, now);
            // The present attempt may have made one of its own, so that of an earlier one does not end the search.
            case BatchState.Quiescing _, BatchState.Revoking _, BatchState.Hold _ ->
                batch.attempt().tag().equals(tag)
                        ? moves.run(batch, Moves.lines(batch), remote, now)
                        : added(Step.ignore(batch), remote);
            case BatchState.Refused refused ->
                refused.again() ? moves.run(batch, Moves.lines(batch), remote, now) : added(Step.ignore(batch), remote);
            case BatchState.Running _,
                    BatchState.Ended _,
                    BatchState.Calling _,
                    BatchState.Split _,
                    BatchState.Settled _ -> added(Step.ignore(batch), remote);
        };
    }

    static Step added(Step step, RemoteBatch remote) {
        var twin = new Twin(remote.id(), boughtNothing(remote), 0);
        var committed =
                new Step(step.batch().with(twin), Step.Durability.LEDGER, step.ends(), step.effects(), step.parts());
        return twin.over() ? committed : committed.and(List.of(new Effect.EndTwin(remote.id())));
    }

    Step seen(Batch batch, String remoteBatchId, PollOutcome outcome) {
        if (batch.twins().stream().noneMatch(twin -> twin.remoteBatchId().equals(remoteBatchId) && !twin.over())) {
            return Step.ignore(batch);
        }
        return switch (outcome) {
            case PollOutcome.Seen(var remote)
            when remote.status().terminal() ->
                Step.commit(
                        batch.with(new Twin(remoteBatchId, true, remote.counts().completed())));
            case PollOutcome.Refused(var refusal)
            when refusal.kind() == Refusal.Kind.NOT_FOUND -> Step.commit(batch.with(new Twin(remoteBatchId, true, 0)));
            case PollOutcome.Seen _, PollOutcome.Refused _, PollOutcome.NoAnswer _ ->
                Step.remember(batch, new StartTimer(Timer.TWIN, settings.pollDelay(0)));
        };
    }

    /** @return what is to be done for the twins that have not ended */
    static List<Effect.EndTwin> end(Batch batch) {
        return batch.twins().stream()
                .filter(twin -> !twin.over())
                .map(twin -> new Effect.EndTwin(twin.remoteBatchId()))
                .toList();
    }

    private static boolean boughtNothing(RemoteBatch remote) {
        return remote.status() == RemoteBatch.Status.FAILED
                && remote.counts().completed() + remote.counts().failed() == 0
                && remote.outputHandle() == null;
    }
}
