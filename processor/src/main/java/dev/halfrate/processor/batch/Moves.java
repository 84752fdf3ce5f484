package dev.halfrate.processor.batch;

import dev.halfrate.processor.batch.BatchEvent.PermitGranted;
import dev.halfrate.processor.batch.BatchState.Hold;
import dev.halfrate.processor.batch.BatchState.Running;
import dev.halfrate.processor.batch.BatchState.Sealed;
import dev.halfrate.processor.batch.BatchState.Standing;
import dev.halfrate.processor.batch.Effect.StartTimer;
import dev.halfrate.processor.batch.Effect.Timer;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import java.time.Duration;
import java.time.Instant;

/** Steps that several states lead to. */
final class Moves {
    private final LifecycleSettings settings;

    Moves(LifecycleSettings settings) {
        this.settings = settings;
    }

    /** The remote batch is surely this one's. */
    Step run(Batch batch, int lines, RemoteBatch remote, Instant now) {
        return run(batch.with(batch.attempt().created(remote.id())), lines, remote, Standing.PROVEN, now);
    }

    /** The remote batch may be this one's. */
    Step adopt(Batch batch, int lines, RemoteBatch candidate, Instant now) {
        return run(batch.with(batch.attempt().perhaps(candidate.id())), lines, candidate, Standing.PROVISIONAL, now);
    }

    private Step run(Batch batch, int lines, RemoteBatch remote, Standing standing, Instant now) {
        var running =
                new Running(lines, now, remote.vendorStatus(), remote.counts().completed(), 1, standing);
        var pollLater = new StartTimer(Timer.POLL, settings.pollDelay(0));
        // Somebody has cancelled all of it before it was known to be there.
        return standing == Standing.PROVEN
                        && batch.open() == 0
                        && batch.unwanted().count() > 0
                ? Step.commit(batch.in(running.as(Standing.CANCELLING), now), new Effect.Cancel(), pollLater)
                : Step.commit(batch.in(running, now), pollLater);
    }

    /** A hold keeps looking: evidence that comes late still ends it. */
    Step hold(Batch batch, String reason, Instant now) {
        return Step.commit(
                batch.in(new Hold(lines(batch), reason), now), new StartTimer(Timer.LIST, settings.retryDelayMax()));
    }

    /** @return what the present attempt has, or would have, of it; calls may have answered some meanwhile */
    static int lines(Batch batch) {
        return switch (batch.state()) {
            case BatchState.Creating creating -> creating.lines();
            case BatchState.Quiescing quiescing -> quiescing.lines();
            case BatchState.Revoking revoking -> revoking.lines();
            case Hold hold -> hold.lines();
            case BatchState.Running running -> running.lines();
            case BatchState.Ended ended -> ended.lines();
            default -> batch.open() + batch.calls().ahead().count();
        };
    }

    /** What is open goes into another attempt. */
    static Step tryAgain(Batch batch, Instant now) {
        return Step.commit(batch.withNextAttempt().in(new Sealed(), now), new Effect.Spool());
    }

    Step retryLater(Batch batch, Instant now, Duration wish) {
        var again = batch.failedAgain(batch.state(), now);
        return Step.remember(again, new StartTimer(Timer.RETRY, longer(settings.retryDelay(again.failures()), wish)));
    }

    /** A permit, a turn or a spool that comes when it is of no use must go back; everything else that comes late is harmless. */
    static Step ignoreLate(Batch batch, BatchEvent event) {
        if (event instanceof PermitGranted || event instanceof BatchEvent.MarkerTaken) {
            return Step.remember(batch, new Effect.ReleasePermit());
        } else if (event instanceof BatchEvent.CallsPrepared) {
            return Step.remember(batch, new Effect.DropCalls());
        }
        return event instanceof BatchEvent.SpoolWritten && !mayUseSpool(batch)
                ? Step.remember(batch, new Effect.DiscardSpool())
                : Step.ignore(batch);
    }

    private static boolean mayUseSpool(Batch batch) {
        return switch (batch.state()) {
            case Sealed _, BatchState.Spooled _, BatchState.Uploaded _, BatchState.Creating _ -> true;
            case BatchState.Quiescing _,
                    BatchState.Revoking _,
                    Hold _,
                    Running _,
                    BatchState.Refused _,
                    BatchState.Ended _,
                    BatchState.Priming _,
                    BatchState.Calling _,
                    BatchState.Split _,
                    BatchState.Settled _ -> false;
        };
    }

    static Duration wish(Refusal refusal) {
        var wish = refusal.retryAfter();
        return wish == null ? Duration.ZERO : wish;
    }

    static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }
}
