package dev.halfrate.processor.balance;

import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerTwin;
import java.util.Locale;

/**
 * What an operator wants to know of one batch.
 *
 * @param doubt whether it is unknown whether its last create made a remote batch
 * @param hold whether it waits for evidence or an operator
 * @param twins second remote batches of it that may still execute lines
 * @param billedTwice lines of second remote batches, paid for on top
 * @param released, missing lines that may be bought twice: of attempts given up by policy, and of lines that no result
 *     file had
 * @param called, hedged requests that may be bought twice: sent alone without an answer, and sent alone while their batch
 *     may be executing them
 * @param late lines that were paid for although a call had answered the request before
 */
public record BatchFigures(
        String state,
        boolean doubt,
        boolean hold,
        long twins,
        long billedTwice,
        long released,
        long missing,
        long called,
        long hedged,
        long late) {

    public static BatchFigures of(LedgerRecord batch) {
        var attempts = batch.getAttempts();
        var unseen = attempts.isEmpty() || attempts.getLast().getRemoteBatchId().isEmpty();
        var state = batch.getState();
        var hold = switch (state) {
            case HOLD -> true;
            case SEALED,
                    SPOOLED,
                    UPLOADED,
                    CREATING,
                    QUIESCING,
                    REVOKING,
                    RUNNING,
                    PROVISIONAL,
                    CANCELLING,
                    ENDED,
                    COLLECTING,
                    SETTLED,
                    REFUSED,
                    SPLIT,
                    CALLING,
                    PRIMING -> false;
        };
        var doubt = switch (state) {
            case QUIESCING, REVOKING, PROVISIONAL -> true;
            case HOLD -> unseen;
            case SEALED,
                    SPOOLED,
                    UPLOADED,
                    CREATING,
                    RUNNING,
                    CANCELLING,
                    ENDED,
                    COLLECTING,
                    SETTLED,
                    REFUSED,
                    SPLIT,
                    CALLING,
                    PRIMING -> false;
        };
        return new BatchFigures(
                state.name().toLowerCase(Locale.ROOT),
                doubt,
                hold,
                batch.getTwins().stream().filter(twin -> !twin.getOver()).count(),
                batch.getTwins().stream().mapToLong(LedgerTwin::getLines).sum(),
                batch.getReleasedLines(),
                batch.getMissingLines(),
                batch.getUnansweredCalls(),
                batch.getHedgedItems(),
                batch.getLateLines());
    }
}
