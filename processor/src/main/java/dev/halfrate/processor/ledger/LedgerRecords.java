package dev.halfrate.processor.ledger;

import dev.halfrate.processor.balance.Spends;
import dev.halfrate.processor.batch.Attempt;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchHeader;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.BatchState.Standing;
import dev.halfrate.processor.batch.Calls;
import dev.halfrate.processor.batch.Exposure;
import dev.halfrate.processor.batch.ItemBits;
import dev.halfrate.processor.batch.Spending;
import dev.halfrate.processor.batch.Tally;
import dev.halfrate.processor.batch.Twin;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.AttemptOutcome;
import dev.halfrate.schemas.internal.LedgerAttempt;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerState;
import dev.halfrate.schemas.internal.LedgerTag;
import dev.halfrate.schemas.internal.LedgerTwin;
import dev.halfrate.schemas.internal.UnreadableRecordException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A batch as a ledger record and back. */
final class LedgerRecords {
    private LedgerRecords() {}

    static LedgerRecord encode(Batch batch) {
        var header = batch.header();
        var tally = batch.tally();
        var spend = tally.spending().total();
        var usage = spend.usage();
        var over = batch.settled();
        var draft = LedgerRecord.newBuilder()
                .setBatchId(batch.id())
                .setPool(header.pool())
                .setLane(Publications.lane(header))
                .setItems(header.items())
                .setBytes(header.bytes())
                .setChunks(header.chunks())
                .setFirstWorkOffset(header.firstWorkOffset())
                .setLastWorkOffset(header.lastWorkOffset())
                .setInboxPartition(header.inboxPartition())
                .setSealedAt(header.sealedAt().toEpochMilli())
                .setChangedAt(batch.changedAt().toEpochMilli())
                .setAttempts(
                        batch.attempts().stream().map(LedgerRecords::encode).toList())
                // A settled batch has nothing left that a bit could decide.
                .setDone(ByteBuffer.wrap(over ? new byte[0] : batch.done().toBytes()))
                .setSucceeded(
                        ByteBuffer.wrap(over ? new byte[0] : batch.succeeded().toBytes()))
                .setSucceededCount(tally.succeeded())
                .setFailedCount(tally.failed())
                .setExpiredCount(tally.expired())
                .setCancelledCount(tally.cancelled())
                .setReturnedCount(tally.returned())
                .setInputTokens(usage.inputTokens())
                .setCachedInputTokens(usage.cachedInputTokens())
                .setCacheWriteTokens(usage.cacheWriteTokens())
                .setOutputTokens(usage.outputTokens())
                .setFailures(batch.failures())
                .setLines(0)
                .setRemoteStatus("")
                .setOutputHandle("")
                .setErrorHandle("")
                .setCreatedAt(0)
                .setEndedAt(0)
                .setReason("")
                .setRefusalCode("")
                .setRefusedForNow(false)
                .setWindowId(header.windowId())
                .setParentId(header.parentId())
                .setElsewhereCount(tally.elsewhere())
                .setTwins(batch.twins().stream().map(LedgerRecords::encode).toList())
                .setReleasedLines(batch.exposure().released())
                .setMissingLines(batch.exposure().missing())
                .setHourCacheWriteTokens(usage.hourCacheWriteTokens())
                .setAnsweredBytes(spend.bytes())
                .setAnsweredCount(spend.answers())
                .setCostPicos(spend.cost().paid().picos())
                .setSynchronousPicos(spend.cost().synchronous().picos())
                .setUncachedPicos(spend.cost().uncached().picos())
                .setUnpricedTokens(spend.unpricedTokens())
                .setTags(tags(tally.spending()))
                .setFirstDeadline(millis(header.firstDeadline()))
                .setUnwanted(
                        ByteBuffer.wrap(over ? new byte[0] : batch.unwanted().toBytes()))
                .setCalled(ByteBuffer.wrap(
                        over ? new byte[0] : batch.calls().called().toBytes()))
                .setAhead(ByteBuffer.wrap(
                        over ? new byte[0] : batch.calls().ahead().toBytes()))
                .setUnansweredCalls(batch.exposure().called())
                .setHedgedItems(batch.exposure().hedged())
                .setLateLines(batch.calls().lateLines())
                .setLatePicos(batch.calls().lateCost().picos());
        switch (batch.state()) {
            case BatchState.Sealed _ -> draft.setState(LedgerState.SEALED);
            case BatchState.Priming priming ->
                draft.setState(LedgerState.PRIMING).setAwaited(priming.awaited());
            case BatchState.Spooled spooled ->
                draft.setState(LedgerState.SPOOLED).setLines(spooled.lines());
            case BatchState.Uploaded uploaded ->
                draft.setState(LedgerState.UPLOADED).setLines(uploaded.lines());
            case BatchState.Creating creating ->
                draft.setState(LedgerState.CREATING).setLines(creating.lines());
            case BatchState.Quiescing quiescing ->
                draft.setState(LedgerState.QUIESCING)
                        .setLines(quiescing.lines())
                        .setReason(quiescing.reason());
            case BatchState.Revoking revoking ->
                draft.setState(LedgerState.REVOKING).setLines(revoking.lines());
            case BatchState.Hold hold ->
                draft.setState(LedgerState.HOLD).setLines(hold.lines()).setReason(hold.reason());
            case BatchState.Running running ->
                draft.setState(
                                switch (running.standing()) {
                                    case PROVEN -> LedgerState.RUNNING;
                                    case PROVISIONAL -> LedgerState.PROVISIONAL;
                                    case CANCELLING -> LedgerState.CANCELLING;
                                })
                        .setLines(running.lines())
                        .setCreatedAt(running.createdAt().toEpochMilli())
                        .setRemoteStatus(running.remoteStatus());
            case BatchState.Refused refused ->
                draft.setState(LedgerState.REFUSED)
                        .setRefusalCode(refused.code())
                        .setReason(refused.message())
                        .setRefusedForNow(refused.again())
                        .setLimitTokens(refused.limitTokens());
            case BatchState.Ended ended ->
                draft.setState(ended.begun() ? LedgerState.COLLECTING : LedgerState.ENDED)
                        .setLines(ended.lines())
                        .setCreatedAt(ended.createdAt().toEpochMilli())
                        .setEndedAt(ended.endedAt().toEpochMilli())
                        .setRemoteStatus(ended.remoteStatus())
                        .setOutputHandle(orEmpty(ended.outputHandle()))
                        .setErrorHandle(orEmpty(ended.errorHandle()))
                        .setProven(ended.standing() != Standing.PROVISIONAL)
                        .setCancelled(ended.standing() == Standing.CANCELLING);
            case BatchState.Calling _ -> draft.setState(LedgerState.CALLING);
            case BatchState.Split split ->
                draft.setState(LedgerState.SPLIT).setOpenParts(List.copyOf(split.openParts()));
            case BatchState.Settled settled ->
                draft.setState(LedgerState.SETTLED)
                        .setCreatedAt(millis(settled.createdAt()))
                        .setEndedAt(millis(settled.endedAt()));
        }
        return draft.build();
    }

    /** @throws UnreadableRecordException if no batch can be like that */
    static Batch decode(LedgerRecord entry) {
        try {
            return batch(entry);
        } catch (IllegalArgumentException | IllegalStateException e) {
            // Its message may quote a label.
            throw new UnreadableRecordException(
                    "damaged LedgerRecord: " + e.getClass().getSimpleName());
        }
    }

    private static Batch batch(LedgerRecord entry) {
        var lane = entry.getLane();
        var header = new BatchHeader(
                entry.getBatchId(),
                entry.getWindowId(),
                entry.getParentId(),
                entry.getPool(),
                lane.getAccount(),
                lane.getEndpoint(),
                lane.getModel(),
                lane.getApiVersion(),
                lane.getBetas(),
                lane.getCompletionWindow(),
                lane.getTag(),
                entry.getItems(),
                entry.getBytes(),
                entry.getChunks(),
                entry.getFirstWorkOffset(),
                entry.getLastWorkOffset(),
                entry.getInboxPartition(),
                Instant.ofEpochMilli(entry.getSealedAt()),
                time(entry.getFirstDeadline()),
                AtOnce.is(lane));
        return new Batch(
                header,
                state(entry),
                entry.getAttempts().stream().map(LedgerRecords::decode).toList(),
                ItemBits.of(bytes(entry.getDone())),
                ItemBits.of(bytes(entry.getSucceeded())),
                new Tally(
                        entry.getSucceededCount(),
                        entry.getFailedCount(),
                        entry.getExpiredCount(),
                        entry.getCancelledCount(),
                        entry.getReturnedCount(),
                        entry.getElsewhereCount(),
                        new Spending(Spends.of(entry), Spends.byTag(entry))),
                entry.getTwins().stream().map(LedgerRecords::decode).toList(),
                new Exposure(
                        entry.getReleasedLines(),
                        entry.getMissingLines(),
                        entry.getUnansweredCalls(),
                        entry.getHedgedItems()),
                new Calls(
                        ItemBits.of(bytes(entry.getCalled())),
                        ItemBits.of(bytes(entry.getAhead())),
                        entry.getLateLines(),
                        new Usd(entry.getLatePicos())),
                ItemBits.of(bytes(entry.getUnwanted())),
                entry.getFailures(),
                Instant.ofEpochMilli(entry.getChangedAt()));
    }

    private static BatchState state(LedgerRecord entry) {
        var lines = entry.getLines();
        return switch (entry.getState()) {
            case SEALED -> new BatchState.Sealed();
            case SPOOLED -> new BatchState.Spooled(lines);
            case UPLOADED -> new BatchState.Uploaded(lines);
            case CREATING -> new BatchState.Creating(lines);
            case QUIESCING -> new BatchState.Quiescing(lines, 0, false, entry.getReason());
            case REVOKING -> new BatchState.Revoking(lines, false);
            case HOLD -> new BatchState.Hold(lines, entry.getReason());
            case RUNNING -> running(entry, Standing.PROVEN);
            case PROVISIONAL -> running(entry, Standing.PROVISIONAL);
            case CANCELLING -> running(entry, Standing.CANCELLING);
            case REFUSED ->
                new BatchState.Refused(
                        entry.getRefusalCode(), entry.getReason(), entry.getRefusedForNow(), entry.getLimitTokens());
            case ENDED, COLLECTING ->
                new BatchState.Ended(
                        lines,
                        Instant.ofEpochMilli(entry.getCreatedAt()),
                        Instant.ofEpochMilli(entry.getEndedAt()),
                        entry.getRemoteStatus(),
                        orNull(entry.getOutputHandle()),
                        orNull(entry.getErrorHandle()),
                        entry.getState() == LedgerState.COLLECTING,
                        !entry.getProven()
                                ? Standing.PROVISIONAL
                                : entry.getCancelled() ? Standing.CANCELLING : Standing.PROVEN,
                        0);
            case PRIMING -> new BatchState.Priming(entry.getAwaited());
            case CALLING -> new BatchState.Calling();
            case SPLIT -> new BatchState.Split(entry.getOpenParts());
            case SETTLED ->
                new BatchState.Settled(
                        Instant.ofEpochMilli(entry.getChangedAt()),
                        time(entry.getCreatedAt()),
                        time(entry.getEndedAt()));
        };
    }

    private static BatchState running(LedgerRecord entry, Standing standing) {
        return new BatchState.Running(
                entry.getLines(), Instant.ofEpochMilli(entry.getCreatedAt()), entry.getRemoteStatus(), 0, 0, standing);
    }

    private static List<LedgerTag> tags(Spending spending) {
        return spending.byTag().entrySet().stream()
                .map(entry -> encode(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static LedgerTag encode(String tag, Spend spend) {
        return LedgerTag.newBuilder()
                .setTag(tag)
                .setAnsweredCount(spend.answers())
                .setAnsweredBytes(spend.bytes())
                .setInputTokens(spend.usage().inputTokens())
                .setCachedInputTokens(spend.usage().cachedInputTokens())
                .setCacheWriteTokens(spend.usage().cacheWriteTokens())
                .setHourCacheWriteTokens(spend.usage().hourCacheWriteTokens())
                .setOutputTokens(spend.usage().outputTokens())
                .setCostPicos(spend.cost().paid().picos())
                .setSynchronousPicos(spend.cost().synchronous().picos())
                .setUncachedPicos(spend.cost().uncached().picos())
                .setUnpricedTokens(spend.unpricedTokens())
                .build();
    }

    private static LedgerTwin encode(Twin twin) {
        return new LedgerTwin(twin.remoteBatchId(), twin.over(), twin.lines());
    }

    private static Twin decode(LedgerTwin entry) {
        return new Twin(entry.getRemoteBatchId(), entry.getOver(), entry.getLines());
    }

    private static LedgerAttempt encode(Attempt attempt) {
        return LedgerAttempt.newBuilder()
                .setNumber(attempt.number())
                .setTag(attempt.tag())
                .setOutcome(AttemptOutcome.valueOf(attempt.outcome().name()))
                .setEpoch(attempt.epoch())
                .setStartedAt(millis(attempt.startedAt()))
                .setCreateTimeoutMs(attempt.createTimeout().toMillis())
                .setInputFileId(attempt.inputFileId())
                .setMarker(attempt.marker())
                .setRemoteBatchId(attempt.remoteBatchId())
                .setDisproved(attempt.disproved())
                .build();
    }

    private static Attempt decode(LedgerAttempt entry) {
        return new Attempt(
                entry.getNumber(),
                entry.getTag(),
                Attempt.Outcome.valueOf(entry.getOutcome().name()),
                entry.getEpoch(),
                time(entry.getStartedAt()),
                Duration.ofMillis(entry.getCreateTimeoutMs()),
                entry.getInputFileId(),
                entry.getMarker(),
                entry.getRemoteBatchId(),
                entry.getDisproved());
    }

    private static byte[] bytes(ByteBuffer buffer) {
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static long millis(@Nullable Instant time) {
        return time == null ? 0 : time.toEpochMilli();
    }

    private static @Nullable Instant time(long millis) {
        return millis == 0 ? null : Instant.ofEpochMilli(millis);
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
