package dev.halfrate.processor.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.halfrate.processor.ops.Holdings;
import dev.halfrate.schemas.internal.AttemptOutcome;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.LedgerAttempt;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerState;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;

/** Ledger records for tests. */
final class Ledgers {
    private static final InternalFormat<LedgerRecord> FORMAT = InternalFormat.LEDGER_RECORD;

    private Ledgers() {}

    static LaneId lane(String account) {
        return new LaneId(account, "/v1/chat/completions", "gpt-4o", "", List.of(), "24h", "");
    }

    static LedgerRecord.Builder batch(String id, String account, LedgerState state, Instant at) {
        return LedgerRecord.newBuilder()
                .setBatchId(id)
                .setPool(account)
                .setLane(lane(account))
                .setState(state)
                .setItems(10)
                .setBytes(1_000)
                .setChunks(1)
                .setFirstWorkOffset(0)
                .setLastWorkOffset(0)
                .setInboxPartition(0)
                .setSealedAt(at.toEpochMilli())
                .setChangedAt(at.toEpochMilli())
                .setAttempts(List.of(new LedgerAttempt(
                        1, "t", AttemptOutcome.DOUBTFUL, 1L, at.toEpochMilli(), 1_000L, "file-1", "", "", List.of())))
                .setDone(ByteBuffer.allocate(0))
                .setSucceeded(ByteBuffer.allocate(0))
                .setLines(10)
                .setSucceededCount(0)
                .setFailedCount(0)
                .setExpiredCount(0)
                .setCancelledCount(0)
                .setReturnedCount(0)
                .setInputTokens(0)
                .setCachedInputTokens(0)
                .setCacheWriteTokens(0)
                .setOutputTokens(0)
                .setRemoteStatus("")
                .setOutputHandle("")
                .setErrorHandle("")
                .setCreatedAt(0)
                .setEndedAt(0)
                .setReason("")
                .setRefusalCode("")
                .setRefusedForNow(false)
                .setFailures(0);
    }

    static void put(Holdings holdings, LedgerRecord.Builder batch, Instant now) {
        var built = batch.build();
        holdings.take(Holdings.Part.LEDGER, 0, built.getBatchId().getBytes(UTF_8), FORMAT.encode(built), now);
    }
}
