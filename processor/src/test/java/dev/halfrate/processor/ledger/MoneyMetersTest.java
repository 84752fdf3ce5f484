package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Calls;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.batch.Exposure;
import dev.halfrate.processor.batch.ItemBits;
import dev.halfrate.processor.batch.Spending;
import dev.halfrate.processor.batch.Tally;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LedgerRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MoneyMetersTest {
    private static final long DOLLAR = 1_000_000_000_000L;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final LedgerMeters.Share share = new LedgerMeters(registry).new Share();

    private static Spend dollars(int paid) {
        var usd = new Usd(DOLLAR).times(paid);
        return new Spend(paid, 1, new Usage(10L * paid, paid, 0, paid), new Cost(usd, usd.times(2), usd), 0);
    }

    private static LedgerRecord batch(String parentId, BatchState state, Spending spending) {
        var header = Examples.HEADER;
        var batch = new Batch(
                header,
                state,
                Refs.sealed(3).attempts(),
                ItemBits.NONE,
                ItemBits.NONE,
                new Tally(3, 0, 0, 0, 0, 0, spending),
                List.of(),
                Exposure.NONE,
                Calls.NONE,
                ItemBits.NONE,
                0,
                Examples.NOW);
        var entry =
                InternalFormat.LEDGER_RECORD.decode(InternalFormat.LEDGER_RECORD.encode(LedgerRecords.encode(batch)));
        return LedgerRecord.newBuilder(entry).setParentId(parentId).build();
    }

    private double gauge(String name, String... tags) {
        return registry.get(name).tags(tags).gauge().value();
    }

    @Test
    void aBatchCountsAsItIsNowAndNotAtAllOnceItIsForgotten() {
        share.put(batch("", new BatchState.Sealed(), new Spending(dollars(1), Map.of())));
        share.put(
                batch("", new BatchState.Settled(Examples.NOW), new Spending(dollars(3), Map.of("team", dollars(1)))));

        assertThat(gauge("halfrate.cost.usd", "price", "paid", "tag", "")).isEqualTo(2);
        assertThat(gauge("halfrate.cost.usd", "price", "paid", "tag", "team")).isEqualTo(1);
        assertThat(gauge("halfrate.cost.usd", "price", "synchronous", "tag", "team"))
                .isEqualTo(2);
        assertThat(gauge("halfrate.tokens", "kind", "input", "tag", "")).isEqualTo(20);

        share.remove(Examples.HEADER.batchId());
        assertThat(gauge("halfrate.cost.usd", "price", "paid", "tag", "")).isZero();
    }

    @Test
    void whatASettledPartCostIsInTheBatchThatItWasSplitOffFrom() {
        share.put(batch("parent", new BatchState.Settled(Examples.NOW), new Spending(dollars(3), Map.of())));

        assertThat(gauge("halfrate.cost.usd", "price", "paid")).isZero();
        share.put(batch("parent", new BatchState.Sealed(), new Spending(dollars(3), Map.of())));
        assertThat(gauge("halfrate.cost.usd", "price", "paid")).isEqualTo(3);
    }
}
