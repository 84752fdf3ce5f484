package dev.halfrate.processor.ops;

import dev.halfrate.processor.balance.BatchFigures;
import dev.halfrate.processor.balance.LaneName;
import dev.halfrate.processor.balance.Spends;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.schemas.internal.LedgerAttempt;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerTwin;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One batch, as its ledger has it. Texts are empty, times null, where there is none yet.
 *
 * @param state in lower case, as in docs/architecture.md
 * @param lane its name
 * @param requests of the batch; returned went back to the lane, elsewhere are those of other parts of a split window
 * @param doubt whether it is unknown if its last create made a remote batch
 * @param hold whether it waits for evidence or an operator
 * @param reason why it waits or was refused
 * @param figures what was, or may have been, paid on top
 * @param parentId the batch that it was split off from
 */
public record BatchView(
        String batchId,
        String state,
        String lane,
        String pool,
        String account,
        String model,
        String endpoint,
        String tag,
        int requests,
        long bytes,
        int succeeded,
        int failed,
        int expired,
        int cancelled,
        int returned,
        int elsewhere,
        boolean doubt,
        boolean hold,
        String reason,
        String refusalCode,
        String remoteBatchId,
        String remoteStatus,
        List<Attempt> attempts,
        List<Twin> twins,
        Spend spend,
        Exposure figures,
        String parentId,
        List<String> openParts,
        Instant sealedAt,
        Instant changedAt,
        @Nullable Instant createdAt,
        @Nullable Instant endedAt,
        @Nullable Instant firstDeadline) {

    /**
     * One try to create the remote batch.
     *
     * @param outcome in lower case, as the ledger has it
     */
    public record Attempt(
            int number, String outcome, @Nullable Instant startedAt, String inputFileId, String remoteBatchId) {
        private static Attempt of(LedgerAttempt attempt) {
            return new Attempt(
                    attempt.getNumber(),
                    attempt.getOutcome().name().toLowerCase(Locale.ROOT),
                    time(attempt.getStartedAt()),
                    attempt.getInputFileId(),
                    attempt.getRemoteBatchId());
        }
    }

    /**
     * A second remote batch.
     *
     * @param over whether nothing more is to be done about it
     * @param lines that it executed, paid for on top
     */
    public record Twin(String remoteBatchId, boolean over, int lines) {
        private static Twin of(LedgerTwin twin) {
            return new Twin(twin.getRemoteBatchId(), twin.getOver(), twin.getLines());
        }
    }

    /** Lines that were bought twice, and those that may be, by why; as {@link BatchFigures} has them. */
    public record Exposure(long billedTwice, long released, long missing, long called, long hedged, long late) {
        private static Exposure of(BatchFigures figures) {
            return new Exposure(
                    figures.billedTwice(),
                    figures.released(),
                    figures.missing(),
                    figures.called(),
                    figures.hedged(),
                    figures.late());
        }
    }

    static BatchView of(LedgerRecord batch) {
        var lane = batch.getLane();
        var figures = BatchFigures.of(batch);
        var attempts = batch.getAttempts().stream().map(Attempt::of).toList();
        return new BatchView(
                batch.getBatchId(),
                figures.state(),
                LaneName.of(lane),
                batch.getPool(),
                lane.getAccount(),
                lane.getModel(),
                lane.getEndpoint(),
                lane.getTag(),
                batch.getItems(),
                batch.getBytes(),
                batch.getSucceededCount(),
                batch.getFailedCount(),
                batch.getExpiredCount(),
                batch.getCancelledCount(),
                batch.getReturnedCount(),
                batch.getElsewhereCount(),
                figures.doubt(),
                figures.hold(),
                batch.getReason(),
                batch.getRefusalCode(),
                attempts.isEmpty() ? "" : attempts.getLast().remoteBatchId(),
                batch.getRemoteStatus(),
                attempts,
                batch.getTwins().stream().map(Twin::of).toList(),
                Spends.of(batch),
                Exposure.of(figures),
                batch.getParentId(),
                List.copyOf(batch.getOpenParts()),
                Instant.ofEpochMilli(batch.getSealedAt()),
                Instant.ofEpochMilli(batch.getChangedAt()),
                time(batch.getCreatedAt()),
                time(batch.getEndedAt()),
                time(batch.getFirstDeadline()));
    }

    /** @return whether nothing becomes of it any more */
    boolean isOver() {
        return state.equals("settled") && twins.stream().allMatch(Twin::over);
    }

    /** @return requests that have not ended and not gone anywhere else */
    int open() {
        return requests - succeeded - failed - expired - cancelled - returned - elsewhere;
    }

    /** @return requests that have ended */
    public int ended() {
        return succeeded + failed + expired + cancelled;
    }

    /** @return what happens next, and what an operator can do, where something is not as usual; empty otherwise */
    public String doing() {
        return switch (state) {
            case "quiescing" ->
                "It is looked for, and not tried again before it is found or proven absent. Nothing to do.";
            case "revoking" ->
                "Its input file is deleted, so that it cannot come late; then it is looked for again. Nothing to do.";
            case "provisional" -> "A remote batch may be it; its lines will show. Leave that one alone at the vendor.";
            case "hold" ->
                "It waits for evidence. Search the vendor's console for a batch with the metadata halfrate_batch of this id, or made when this attempt was.";
            default ->
                hasLiveTwin()
                        ? "A second remote batch of it is being cancelled. If that lasts, cancel it in the vendor's console."
                        : "";
        };
    }

    /** @return whether a second remote batch of it is under way */
    public boolean hasLiveTwin() {
        return twins.stream().anyMatch(twin -> !twin.over());
    }

    /** @return whether it is in this state; `open` for all that have not settled */
    public boolean isIn(String wanted) {
        return wanted.equals("open") ? !state.equals("settled") : state.equals(wanted);
    }

    private static @Nullable Instant time(long millis) {
        return millis == 0 ? null : Instant.ofEpochMilli(millis);
    }
}
