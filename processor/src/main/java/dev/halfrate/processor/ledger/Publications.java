package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchHeader;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Calls;
import dev.halfrate.processor.batch.ItemEnd;
import dev.halfrate.processor.batch.ItemReport;
import dev.halfrate.processor.batch.Twin;
import dev.halfrate.processor.codec.BatchProgress;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.ledger.PartitionLog.LaneSignal;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.Signal;
import dev.halfrate.schemas.internal.SignalKind;
import dev.halfrate.schemas.internal.Source;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What a batch tells the world: results, progress, signals to its lane. */
public final class Publications {
    /** Refs of one signal: 8 MB at the very most, with the longest custom_ids and all that may be echoed. */
    private static final int REFS_MAX = 1_000;

    private final UnaryOperator<String> providerOf;

    private final List<Duration> itemRetryDelays;

    /**
     * @param providerOf from an account's name to its provider's
     * @param itemRetryDelays after an item's first, second, … failure; the last one repeats
     */
    public Publications(UnaryOperator<String> providerOf, List<Duration> itemRetryDelays) {
        this.providerOf = providerOf;
        this.itemRetryDelays = List.copyOf(itemRetryDelays);
    }

    /**
     * @param batch before the item ended
     * @param calls after it
     */
    Result result(Batch batch, Calls calls, ItemEnd end, SeenItem seen, Instant now) {
        var ref = seen.item().ref();
        var alone = batch.header().atOnce() || calls.ahead().has(end.item());
        var remoteBatchId = alone ? "" : batch.attempt().remoteBatchId();
        var status = switch (end.kind()) {
            case SUCCEEDED -> Result.Status.SUCCEEDED;
            case FAILED -> Result.Status.FAILED;
            case EXPIRED -> Result.Status.EXPIRED;
            case CANCELLED -> Result.Status.CANCELLED;
            case RETURNED -> throw new IllegalArgumentException("a returned item has no result");
        };
        return new Result(
                Result.Request.of(ref),
                status,
                providerOf.apply(batch.header().account()),
                batch.header().account(),
                batch.header().model(),
                seen.httpStatus(),
                seen.body(),
                seen.output(),
                seen.failure(),
                seen.spend().answers() == 0 ? null : seen.spend().usage(),
                batch.id(),
                remoteBatchId,
                ref.getAttempts() + (spendsAttempt(seen.finding()) ? 1 : 0),
                remoteBatchId.isEmpty() ? null : batch.attempt().startedAt(),
                alone ? null : endedAt(batch),
                now,
                null,
                seen.spend().priced() ? seen.spend().cost() : null);
    }

    BatchProgress progress(Batch batch, Instant now) {
        var header = batch.header();
        var state = batch.state();
        var tally = batch.tally();
        return new BatchProgress(
                batch.id(),
                state.word(),
                providerOf.apply(header.account()),
                header.account(),
                header.model(),
                header.endpoint(),
                batch.attempt().remoteBatchId(),
                switch (state) {
                    case BatchState.Running running -> running.remoteStatus();
                    case BatchState.Ended ended -> ended.remoteStatus();
                    default -> "";
                },
                batch.attempt().number(),
                batch.items(),
                header.bytes(),
                switch (state) {
                    case BatchState.Running running -> running.remoteDone();
                    case BatchState.Ended ended -> ended.lines();
                    case BatchState.Settled _ -> batch.items();
                    default -> 0;
                },
                tally.succeeded(),
                tally.failed(),
                tally.expired(),
                tally.cancelled(),
                tally.returned(),
                tally.spending().total(),
                tally.spending().byTag(),
                switch (state) {
                    case BatchState.Quiescing quiescing -> quiescing.reason();
                    case BatchState.Hold hold -> hold.reason();
                    case BatchState.Refused refused -> refused.code();
                    default -> "";
                },
                header.sealedAt(),
                now);
    }

    /** Items go back with their refs, which count what happened to them; those that failed have to wait. */
    List<LaneSignal> returned(Batch batch, List<SeenItem> items, Instant now) {
        var byNotBefore = new TreeMap<Long, List<SeenItem>>();
        for (var item : items) {
            byNotBefore
                    .computeIfAbsent(notBefore(item, now), _ -> new ArrayList<>())
                    .add(item);
        }
        var signals = new ArrayList<LaneSignal>();
        byNotBefore.forEach((notBefore, equal) -> {
            for (var from = 0; from < equal.size(); from += REFS_MAX) {
                var part = equal.subList(from, Math.min(equal.size(), from + REFS_MAX));
                var chunk = chunk(batch.header(), part, notBefore);
                signals.add(signal(batch, SignalKind.RETURNED, new byte[0], chunk, now));
            }
        });
        return signals;
    }

    /** @return epoch milliseconds, 0 for at once: only a failure is a reason to wait */
    private long notBefore(SeenItem item, Instant now) {
        if (item.finding() != ItemReport.Finding.FAILED_FOR_NOW) {
            return 0;
        }
        var failuresBefore = item.item().ref().getAttempts();
        return now.plus(itemRetryDelays.get(Math.min(failuresBefore, itemRetryDelays.size() - 1)))
                .toEpochMilli();
    }

    /**
     * @param window whose parts have settled, if it was split
     * @param all the window and its parts
     * @param turnaround of the remote batch, zero if there was none
     */
    LaneSignal settled(Batch window, Collection<Batch> all, Duration turnaround, Instant now) {
        var over = signal(window, SignalKind.SETTLED, window.succeeded().toBytes(), null, now);
        var tally = window.tally();
        var spend = tally.spending().total();
        var exposed = all.stream().mapToLong(Publications::exposed).sum();
        var unpriced = spend.unpricedTokens() > 0 && spend.cost().equals(Cost.NONE) ? spend.answers() : 0;
        return new LaneSignal(
                over.inboxPartition(),
                Signal.newBuilder(over.signal())
                        .setSucceededCount(tally.succeeded())
                        .setFailedCount(tally.failed())
                        .setExpiredCount(tally.expired())
                        .setCancelledCount(tally.cancelled())
                        .setAnsweredBytes(spend.bytes())
                        .setAnsweredCount(spend.answers())
                        .setInputTokens(spend.usage().inputTokens())
                        .setOutputTokens(spend.usage().outputTokens())
                        .setCostPicos(spend.cost().paid().picos())
                        .setUncostedCount(
                                (int) Math.min(Integer.MAX_VALUE, unpriced + (spend.answers() == 0 ? exposed : 0)))
                        .setTurnaroundMs(turnaround.toMillis())
                        .setExposurePicos(exposure(all, exposed, spend))
                        .build());
    }

    /** @return what was perhaps paid besides: lines cost what the mean of those that were answered did */
    private static long exposure(Collection<Batch> all, long lines, Spend spend) {
        var late = all.stream().map(batch -> batch.calls().lateCost()).reduce(Usd.ZERO, Usd::plus);
        return spend.cost().paid().share(lines, spend.answers()).plus(late).picos();
    }

    /** @return lines that may have been bought twice, and of which nothing is known */
    private static long exposed(Batch batch) {
        var exposure = batch.exposure();
        return (long) exposure.released()
                + exposure.missing()
                + exposure.called()
                + Math.max(0, exposure.hedged() - batch.calls().lateLines())
                + batch.twins().stream().mapToLong(Twin::lines).sum();
    }

    /** The lane learns it before the items come back, so that it does not seal the like again. */
    LaneSignal queueFull(Batch batch, long limitTokens, Instant now) {
        var full = signal(batch, SignalKind.QUEUE_FULL, new byte[0], null, now);
        return new LaneSignal(
                full.inboxPartition(),
                Signal.newBuilder(full.signal()).setLimitTokens(limitTokens).build());
    }

    private static RefChunk chunk(BatchHeader header, List<SeenItem> items, long notBefore) {
        var sources = new LinkedHashMap<Source, Integer>();
        var refs = new ArrayList<Ref>(items.size());
        for (var seen : items) {
            var source = sources.computeIfAbsent(seen.item().source(), _ -> sources.size());
            var ref = Ref.newBuilder(seen.item().ref()).setSource(source);
            ref.setSpentPicos(new Usd(ref.getSpentPicos())
                    .plus(seen.spend().cost().paid())
                    .picos());
            if (spendsAttempt(seen.finding())) {
                ref.setAttempts(ref.getAttempts() + 1);
            } else if (seen.finding() == ItemReport.Finding.MISSING || seen.finding() == ItemReport.Finding.NO_ANSWER) {
                ref.setMissing(ref.getMissing() + 1);
            }
            refs.add(ref.build());
        }
        return new RefChunk(header.pool(), lane(header), List.copyOf(sources.keySet()), refs, notBefore);
    }

    private static LaneSignal signal(
            Batch batch, SignalKind kind, byte[] succeeded, @Nullable RefChunk returned, Instant now) {
        return new LaneSignal(
                batch.header().inboxPartition(),
                Signal.newBuilder()
                        .setKind(kind)
                        .setPool(batch.header().pool())
                        .setLane(lane(batch.header()))
                        .setBatchId(batch.header().windowId())
                        .setAt(now.toEpochMilli())
                        .setSucceeded(ByteBuffer.wrap(succeeded))
                        .setReturned(returned)
                        .build());
    }

    static LaneId lane(BatchHeader header) {
        return new LaneId(
                header.account(),
                header.endpoint(),
                header.model(),
                header.apiVersion(),
                header.betas(),
                header.completionWindow(),
                header.tag());
    }

    private static boolean spendsAttempt(ItemReport.Finding finding) {
        return switch (finding) {
            case SUCCEEDED, FAILED_FOR_GOOD, FAILED_FOR_NOW -> true;
            case NOT_EXECUTED_EXPIRED, NOT_EXECUTED_CANCELLED, MISSING, BODY_GONE, NO_ANSWER, NOT_TAKEN, WITHDRAWN ->
                false;
        };
    }

    private static @Nullable Instant endedAt(Batch batch) {
        return batch.state() instanceof BatchState.Ended ended ? ended.endedAt() : null;
    }
}
