package dev.halfrate.processor.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.config.ConfigFile;
import dev.halfrate.processor.ops.LaneView.Why;
import dev.halfrate.schemas.internal.Hash;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.LaneRecord;
import dev.halfrate.schemas.internal.LearnedRecord;
import dev.halfrate.schemas.internal.PauseRecord;
import dev.halfrate.schemas.internal.SealedBatch;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LaneWaitsTest {
    private static final Instant NOW = Instant.parse("2026-11-22T18:00:00Z");
    private static final byte[] KEY = "0123456789abcdef".getBytes(UTF_8);
    private static final long PICOS = 1_000_000_000_000L;
    private static final String NAME = "main/gpt-4o/v1/chat/completions";
    private static final LaneId LANE = new LaneId("main", "/v1/chat/completions", "gpt-4o", "", List.of(), "24h", "");

    private final Holdings holdings = new Holdings();

    private LaneView lane(String config, String... pausedHere) {
        var parsed = ConfigFile.parse("""
                kafka: {bootstrap.servers: none}
                accounts: [{name: main, key: {env: K}%s}]
                lanes: {requests-max: 100, age-max: 10m, batches-in-flight-max: 2, requests-min: 5, below-min-age-max: 1h}
                money: {budgets: [{name: all, pool: main, usd: 10}]}
                """.formatted(config), Map.of("K", "key"));
        return new LaneWaits(parsed).of(holdings, _ -> List.of(pausedHere), NOW).getFirst();
    }

    private List<Why> whys(String config, String... pausedHere) {
        return lane(config, pausedHere).waits().stream().map(LaneView.Wait::why).toList();
    }

    private void waiting(int requests, Duration age, int inFlight, boolean flushed) {
        holdings.take(
                Holdings.Part.LANES,
                0,
                KEY,
                InternalFormat.LANE_RECORD.encode(LaneRecord.newBuilder()
                        .setPool("main")
                        .setLane(LANE)
                        .setFirstSeq(0)
                        .setSkip(0)
                        .setNextSeq(1)
                        .setWaiting(requests)
                        .setWaitingBytes(requests * 400L)
                        .setHeadArrivedAt(NOW.minus(age).toEpochMilli())
                        .setHeadExpiresAt(0)
                        .setFlushedUntil(flushed ? 1 : 0)
                        .setNextBatch(1)
                        .setInFlight(inFlight)
                        .build()),
                NOW);
    }

    private void sealed(long bytes, double usd) {
        holdings.take(
                Holdings.Part.SEALED,
                0,
                "b-1".getBytes(UTF_8),
                InternalFormat.SEALED_BATCH.encode(SealedBatch.newBuilder()
                        .setOrdinal(0)
                        .setLane(new Hash(KEY))
                        .setItems(10)
                        .setChunks(1)
                        .setSucceeded(ByteBuffer.allocate(0))
                        .setReturned(ByteBuffer.allocate(0))
                        .setBytes(bytes)
                        .setReservedPicos((long) (usd * PICOS))
                        .build()),
                NOW);
    }

    private void learned(long limit) {
        holdings.take(
                Holdings.Part.LEARNED,
                0,
                KEY,
                InternalFormat.LEARNED_RECORD.encode(new LearnedRecord(
                        "main", "gpt-4o", 2_000L, 1_000L, 1L, 1L, limit, NOW.toEpochMilli(), 970, NOW.toEpochMilli())),
                NOW);
    }

    private void paused(String lane) {
        holdings.take(
                Holdings.Part.PAUSES,
                0,
                lane.getBytes(UTF_8),
                InternalFormat.PAUSE_RECORD.encode(new PauseRecord("main", "main", lane, NOW.toEpochMilli(), "ada")),
                NOW);
    }

    @Test
    void aLaneThatCollectsWaitsForNothing() {
        waiting(50, Duration.ofMinutes(1), 2, false);

        assertThat(whys("")).isEmpty();
        assertThat(lane("").tokens()).isNull();
    }

    @Test
    void aPauseIsSaidWithWhoWishedIt() {
        waiting(1, Duration.ZERO, 0, false);
        paused(NAME);
        paused("");

        assertThat(lane("").waits())
                .containsExactlyInAnyOrder(
                        new LaneView.Wait(Why.PAUSED, "", NOW, "ada"),
                        new LaneView.Wait(Why.ACCOUNT_PAUSED, "", NOW, "ada"));
    }

    @Test
    void aClosedWindowWaitsForABatchOfItsLane() {
        waiting(100, Duration.ofMinutes(1), 2, false);
        assertThat(whys("")).containsExactly(Why.IN_FLIGHT);

        waiting(7, Duration.ofMinutes(10), 2, false);
        assertThat(whys("")).containsExactly(Why.IN_FLIGHT);

        waiting(7, Duration.ofMinutes(1), 2, true);
        assertThat(whys("")).containsExactly(Why.IN_FLIGHT);

        waiting(100, Duration.ofMinutes(1), 1, false);
        assertThat(whys("")).isEmpty();
    }

    @Test
    void tooFewForABatchWaitForMore() {
        waiting(4, Duration.ofMinutes(10), 0, false);
        assertThat(whys("")).containsExactly(Why.FEW);

        waiting(4, Duration.ofHours(1), 0, false);
        assertThat(whys("")).isEmpty();
    }

    @Test
    void tokensAreThoseThatTheVendorSaidOrSomebodyConfigured() {
        waiting(100, Duration.ofMinutes(1), 1, false);
        learned(100_000);
        sealed(194_000, 0);

        assertThat(lane("").tokens()).isEqualTo(new LaneView.Tokens(20_000, 97_000, 0, true));
        assertThat(whys("")).containsExactly(Why.TOKENS);
        assertThat(lane(", limits: {enqueued-tokens: 10000}").tokens())
                .isEqualTo(new LaneView.Tokens(20_000, 9_700, 0, false));

        learned(200_000);
        assertThat(lane("").tokens()).isEqualTo(new LaneView.Tokens(20_000, 194_000, 97_000, true));
        assertThat(whys("")).isEmpty();
    }

    @Test
    void aBudgetWithoutRoomIsNamed() {
        waiting(100, Duration.ofMinutes(1), 1, false);
        sealed(0, 9.6);

        assertThat(lane("").waits()).containsExactly(new LaneView.Wait(Why.BUDGET, "all", null, ""));

        sealed(0, 9.4);
        assertThat(whys("")).isEmpty();
    }

    @Test
    void anAccountThatIsNotCalledIsSaidWithItsReason() {
        waiting(1, Duration.ZERO, 0, false);

        assertThat(lane("", "credit").waits()).containsExactly(new LaneView.Wait(Why.ACCOUNT, "credit", null, ""));
    }
}
