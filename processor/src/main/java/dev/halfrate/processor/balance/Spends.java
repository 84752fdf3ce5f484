package dev.halfrate.processor.balance;

import dev.halfrate.processor.money.BatchSpend;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerState;
import dev.halfrate.schemas.internal.LedgerTag;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.stream.Collectors;

/** What was spent, as a batch's ledger record has it. */
public final class Spends {
    private Spends() {}

    /** @return everything; a settled part's own is in the record of the batch that it was split off from too */
    public static Spend of(LedgerRecord batch) {
        return new Spend(
                batch.getAnsweredCount(),
                batch.getAnsweredBytes(),
                new Usage(
                        batch.getInputTokens(),
                        batch.getCachedInputTokens(),
                        batch.getCacheWriteTokens(),
                        batch.getHourCacheWriteTokens(),
                        batch.getOutputTokens()),
                cost(batch.getCostPicos(), batch.getSynchronousPicos(), batch.getUncachedPicos()),
                batch.getUnpricedTokens());
    }

    /** @return the part of it that bears labels, by label */
    public static Map<String, Spend> byTag(LedgerRecord batch) {
        return batch.getTags().stream().collect(Collectors.toMap(LedgerTag::getTag, Spends::of));
    }

    /** @return what adds up over all records of a ledger */
    public static BatchSpend counted(LedgerRecord batch, Instant now) {
        var lane = batch.getLane();
        var settled = batch.getState() == LedgerState.SETTLED;
        var counted = !settled || batch.getParentId().isEmpty();
        var figures = BatchFigures.of(batch);
        // What came second is known; what did not come may have been paid for.
        var ahead = Math.max(0, figures.hedged() - figures.late());
        var perhaps = figures.billedTwice() + figures.released() + figures.missing() + figures.called() + ahead;
        var spend = of(batch);
        return new BatchSpend(
                lane.getAccount(),
                lane.getModel(),
                LaneName.of(lane),
                LocalDate.ofInstant(settled ? Instant.ofEpochMilli(batch.getChangedAt()) : now, ZoneOffset.UTC),
                counted ? spend : Spend.NONE,
                counted ? byTag(batch) : Map.of(),
                perhaps + figures.late(),
                spend.cost().paid().share(perhaps, spend.answers()).plus(new Usd(batch.getLatePicos())));
    }

    private static Spend of(LedgerTag tag) {
        return new Spend(
                tag.getAnsweredCount(),
                tag.getAnsweredBytes(),
                new Usage(
                        tag.getInputTokens(),
                        tag.getCachedInputTokens(),
                        tag.getCacheWriteTokens(),
                        tag.getHourCacheWriteTokens(),
                        tag.getOutputTokens()),
                cost(tag.getCostPicos(), tag.getSynchronousPicos(), tag.getUncachedPicos()),
                tag.getUnpricedTokens());
    }

    private static Cost cost(long paid, long synchronous, long uncached) {
        return new Cost(new Usd(paid), new Usd(synchronous), new Usd(uncached));
    }
}
