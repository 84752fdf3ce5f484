package dev.halfrate.processor.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.LedgerState;
import dev.halfrate.schemas.internal.LedgerTwin;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HoldingsTest {
    private static final InternalFormat<LedgerRecord> FORMAT = InternalFormat.LEDGER_RECORD;
    private static final Instant NOW = Instant.parse("2026-11-22T18:00:00Z");

    private final Holdings holdings = new Holdings();

    private static LedgerRecord.Builder batch(String id, LedgerState state, Instant changedAt) {
        var nothing = ByteBuffer.allocate(0);
        return LedgerRecord.newBuilder()
                .setBatchId(id)
                .setPool("main")
                .setLane(new LaneId("main", "/v1/chat/completions", "gpt-4o", "", List.of(), "24h", ""))
                .setState(state)
                .setItems(5)
                .setBytes(500)
                .setChunks(1)
                .setFirstWorkOffset(0)
                .setLastWorkOffset(0)
                .setInboxPartition(0)
                .setSealedAt(changedAt.toEpochMilli())
                .setChangedAt(changedAt.toEpochMilli())
                .setAttempts(List.of())
                .setDone(nothing)
                .setSucceeded(nothing)
                .setLines(5)
                .setSucceededCount(2)
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
                .setFailures(0)
                .setAnsweredCount(2)
                .setCostPicos(7);
    }

    private void take(LedgerRecord.Builder batch) {
        var record = batch.build();
        holdings.take(Holdings.Part.LEDGER, 0, record.getBatchId().getBytes(UTF_8), FORMAT.encode(record), NOW);
    }

    private List<String> ids() {
        return holdings.batches().stream().map(BatchView::batchId).toList();
    }

    @Test
    void whatIsOverForADayIsForgottenButNotWhatItCost() {
        var old = NOW.minus(Holdings.OVER_FOR).minusMillis(1);
        take(batch("settled", LedgerState.SETTLED, old));
        take(batch("running", LedgerState.RUNNING, old));
        take(batch("twin", LedgerState.SETTLED, old).setTwins(List.of(new LedgerTwin("remote", false, 0))));
        take(batch("recent", LedgerState.SETTLED, NOW.minus(Holdings.OVER_FOR)));

        holdings.trim(NOW);

        assertThat(ids()).containsExactlyInAnyOrder("running", "twin", "recent");
        assertThat(holdings.ledger().batches()).containsEntry("settled", 3L).containsEntry("running", 1L);
        assertThat(holdings.spends()).hasSize(4);
        assertThat(holdings.ledger().money().spend().answers()).isEqualTo(8);
    }

    @Test
    void ofTooManyThatAreOverTheLatestStay() {
        for (var i = 0; i <= Holdings.OVER_MAX; i++) {
            take(batch("b-" + i, LedgerState.SETTLED, NOW.minus(Duration.ofMillis(i))));
        }

        holdings.trim(NOW);

        assertThat(ids()).hasSize(Holdings.OVER_MAX).contains("b-0").doesNotContain("b-" + Holdings.OVER_MAX);
    }

    @Test
    void theLastRecordOfABatchHolds() {
        take(batch("b", LedgerState.RUNNING, NOW));
        take(batch("b", LedgerState.HOLD, NOW).setReason("the files are gone"));

        assertThat(holdings.ledger().batches()).containsExactlyEntriesOf(Map.of("hold", 1L));
        assertThat(holdings.ledger().holds()).singleElement().satisfies(hold -> {
            assertThat(hold.requests()).isEqualTo(3);
            assertThat(hold.reason()).isEqualTo("the files are gone");
        });
    }

    @Test
    void whatTheLedgerForgetsIsForgotten() {
        take(batch("b", LedgerState.SETTLED, NOW));

        holdings.take(Holdings.Part.LEDGER, 0, "b".getBytes(UTF_8), null, NOW);

        assertThat(ids()).isEmpty();
        assertThat(holdings.spends()).isEmpty();
    }

    @Test
    void beforeEverythingIsReadNobodyIsToldAnything() {
        assertThat(holdings.readAt()).isEmpty();
        holdings.complete(NOW);
        assertThat(holdings.readAt()).contains(NOW);
        holdings.clear();
        assertThat(holdings.readAt()).isEmpty();
    }
}
