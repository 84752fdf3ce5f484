package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.schemas.internal.SignalKind;

/** The crash points before and after the commit of a batch's step. */
final class CommitPoints {
    private CommitPoints() {}

    static void written(PartitionLog.Transaction transaction) {
        for (var batch : transaction.batches()) {
            switch (batch.state()) {
                case BatchState.Running _ -> CrashPoint.CREATE_ANSWERED.reached();
                case BatchState.Ended ended when !ended.begun() -> CrashPoint.END_SEEN.reached();
                case BatchState.Split _ -> CrashPoint.SPLIT_WRITTEN.reached();
                case BatchState.Settled _ -> CrashPoint.LAST_LINES_WRITTEN.reached();
                default -> {}
            }
        }
        if (transaction.signals().stream().anyMatch(signal -> signal.signal().getKind() == SignalKind.RETURNED)) {
            CrashPoint.RETURN_WRITTEN.reached();
        }
        if (transaction.results().stream().anyMatch(result -> result.status() == Result.Status.CANCELLED)) {
            CrashPoint.WITHDRAWAL_WRITTEN.reached();
        }
        if (!transaction.results().isEmpty()
                && transaction.batches().stream()
                        .anyMatch(batch -> batch.header().atOnce())) {
            CrashPoint.CALL_ANSWERED.reached();
        }
    }

    static void committed(PartitionLog.Transaction transaction) {
        for (var batch : transaction.batches()) {
            switch (batch.state()) {
                case BatchState.Sealed _ when batch.attempt().number() > 1 -> CrashPoint.NEXT_ATTEMPT.reached();
                case BatchState.Uploaded _ -> CrashPoint.UPLOAD_COMMITTED.reached();
                case BatchState.Creating _ -> CrashPoint.CREATE_INTENDED.reached();
                case BatchState.Running _ when !transaction.results().isEmpty() -> CrashPoint.HEDGE_ANSWERED.reached();
                case BatchState.Running _ -> CrashPoint.CREATE_COMMITTED.reached();
                case BatchState.Ended _ when !transaction.results().isEmpty() -> CrashPoint.LINES_PUBLISHED.reached();
                default -> {}
            }
        }
    }
}
