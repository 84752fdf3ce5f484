package dev.halfrate.processor.topology;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.config.LanesConfig;
import dev.halfrate.processor.config.LimitsConfig;
import dev.halfrate.processor.config.LimitsConfig.ModelTokens;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.ManifestChunk;
import dev.halfrate.schemas.internal.Ref;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How lanes keep a vendor's quota of enqueued tokens full, and not too full. */
class EnqueuedTokensTest {
    private static final Duration AGE_MAX = Duration.ofMinutes(1);
    private static final Duration LIFE = Duration.ofDays(3);
    private static final LaneId LANE = LanesUnderTest.LANE;
    private static final LaneId OTHER = LanesUnderTest.lane("other", "small");

    @TempDir
    private Path stateDir;

    /** @param quota of enqueued tokens, 0 for none that is configured */
    private LanesUnderTest lanes(int batchesInFlightMax, long quota) {
        var config = new LanesConfig(50_000, 1_000_000, AGE_MAX, batchesInFlightMax, Duration.ofHours(1), 1_000_000);
        var configured = new LimitsConfig(0, 0, 0, 0, 0, List.of(new ModelTokens("sma*", quota)));
        var account = new AccountLimits("openai", 50_000, 1_000_000, false, false, configured);
        return new LanesUnderTest(stateDir, config, Map.of("main", account, "other", account));
    }

    private static List<Ref> requests(LanesUnderTest lanes, String prefix, int count, int lineBytes) {
        return IntStream.range(0, count)
                .mapToObj(number -> lanes.ref(prefix + number, 1, lineBytes, LIFE))
                .toList();
    }

    private static List<String> ids(ManifestChunk manifest) {
        return LanesUnderTest.customIds(manifest);
    }

    @Test
    void aBatchTakesWhatTheQuotaHasRoomForAndTheRestWaitsUntilItIsFreed() {
        try (var lanes = lanes(20, 1_000)) {
            lanes.arrive(requests(lanes, "a", 60, 100)); // a token for every four bytes: 25 each
            var first = lanes.manifests();
            lanes.advance(AGE_MAX);

            assertThat(first)
                    .singleElement()
                    .satisfies(batch -> assertThat(ids(batch)).hasSize(38));
            assertThat(lanes.manifests()).isEmpty();
            assertThat(lanes.gauge("halfrate.quota.usable")).isEqualTo(970);
            assertThat(lanes.gauge("halfrate.quota.reserved")).isEqualTo(950);
            lanes.answered(first.getFirst(), 950);
            assertThat(lanes.manifests())
                    .singleElement()
                    .satisfies(batch -> assertThat(ids(batch)).hasSize(22));
        }
    }

    @Test
    void whatOneLaneHasEnqueuedTheOthersOfItsPoolAndModelCannot() {
        try (var lanes = lanes(20, 1_000)) {
            lanes.arrive(LANE, requests(lanes, "a", 38, 100));
            lanes.command(CommandKind.FLUSH);
            var first = lanes.manifests();
            lanes.arrive(OTHER, requests(lanes, "b", 10, 100));
            lanes.command(CommandKind.FLUSH);

            assertThat(first).hasSize(1);
            assertThat(lanes.manifests()).isEmpty();
            lanes.answered(first.getFirst(), 950);
            assertThat(lanes.manifests()).extracting(ManifestChunk::getLane).containsExactly(OTHER);
        }
    }

    @Test
    void aRestOfTheQuotaIsNotWorthASmallPartOfAWindow() {
        try (var lanes = lanes(20, 1_000)) {
            lanes.arrive(requests(lanes, "a", 37, 100)); // leaves 45 of 970
            lanes.command(CommandKind.FLUSH);
            assertThat(lanes.manifests()).hasSize(1);

            lanes.arrive(requests(lanes, "b", 4, 100));
            lanes.command(CommandKind.FLUSH);
            assertThat(lanes.manifests()).isEmpty();
        }
    }

    @Test
    void aRequestLargerThanTheQuotaGoesAloneWhenNothingElseIsEnqueued() {
        try (var lanes = lanes(20, 1_000)) {
            lanes.arrive(requests(lanes, "small", 20, 100));
            lanes.command(CommandKind.FLUSH);
            var small = lanes.manifests();
            lanes.arrive(OTHER, List.of(lanes.ref("large", 1, 8_000, LIFE)));
            lanes.arrive(requests(lanes, "later", 4, 100));
            lanes.command(CommandKind.FLUSH);
            assertThat(lanes.manifests())
                    .as("what it waits for is not given to others")
                    .isEmpty();

            lanes.answered(small.getFirst(), 500);

            assertThat(lanes.manifests()).extracting(EnqueuedTokensTest::ids).containsExactly(List.of("large"));
        }
    }

    @Test
    void aLimitIsLearnedFromARefusalAndOutlivesARestart() {
        try (var lanes = lanes(20, 0)) {
            lanes.arrive(requests(lanes, "a", 60, 100));
            lanes.command(CommandKind.FLUSH);
            var whole = lanes.manifests().getFirst();

            lanes.refused(whole, 1_000);
            var part = lanes.manifests();
            assertThat(part)
                    .as("requests that come back have waited for a window already")
                    .hasSize(1);
            assertThat(ids(part.getFirst())).hasSize(38);
            lanes.restart();

            lanes.command(CommandKind.FLUSH);
            assertThat(lanes.manifests()).isEmpty();
            lanes.answered(part.getFirst(), 950);
            assertThat(lanes.manifests())
                    .singleElement()
                    .satisfies(rest -> assertThat(ids(rest)).hasSize(22));
        }
    }

    @Test
    void whatWasLearnedOfTokensHoldsForWhatIsEnqueuedAlready() {
        try (var lanes = lanes(20, 1_000)) {
            lanes.arrive(requests(lanes, "a", 19, 100));
            lanes.command(CommandKind.FLUSH);
            lanes.arrive(requests(lanes, "b", 19, 100));
            lanes.command(CommandKind.FLUSH);
            var sealed = lanes.manifests();
            lanes.arrive(requests(lanes, "c", 100, 100));
            assertThat(lanes.manifests()).isEmpty();

            lanes.answered(sealed.getFirst(), 950); // twice what was estimated

            lanes.advance(Duration.ofSeconds(1));
            assertThat(lanes.gauge("halfrate.quota.reserved")).isEqualTo(950);
            assertThat(lanes.manifests()).isEmpty();
            assertThat(lanes.gauge("halfrate.lane.waiting")).isEqualTo(100);
        }
    }

    @Test
    void whatWasLearnedOfALimitIsForgottenAfterAWeek() {
        try (var lanes = lanes(20, 0)) {
            lanes.arrive(requests(lanes, "a", 60, 100));
            lanes.command(CommandKind.FLUSH);
            lanes.refused(lanes.manifests().getFirst(), 1_000);
            var part = lanes.manifests().getFirst();
            lanes.arrive(requests(lanes, "b", 60, 100));
            lanes.command(CommandKind.FLUSH);
            assertThat(lanes.manifests()).isEmpty();
            assertThat(part.getItems()).isEqualTo(38);

            lanes.arrive(List.of(lanes.ref("long", 1, 100, Duration.ofDays(30))));
            lanes.advance(ModelQuota.LIMIT_LEARNED_FOR);
            lanes.advance(Duration.ofSeconds(2));

            assertThat(lanes.manifests()).isNotEmpty();
        }
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 6);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void onceLearnedNothingIsRefusedAndTheQuotaIsInUseWhileThereIsWork(long seed) {
        new Vendor(seed).run();
    }

    /** Two lanes with tokens of their own kind against a quota that they have to find out. */
    private final class Vendor {
        private static final int ROUNDS = 150;
        private static final int LEARNING_ROUNDS = 30;

        private final SplittableRandom random;
        private final long limit;
        private final Map<LaneId, Double> tokensPerByte = new LinkedHashMap<>();
        private final Map<String, Long> tokens = new HashMap<>();
        private final Map<ManifestChunk, Long> enqueued = new LinkedHashMap<>();
        private final Map<LaneId, Integer> ended = new HashMap<>();
        private int refusals;
        private int requests;

        Vendor(long seed) {
            random = new SplittableRandom(seed);
            limit = random.nextLong(100_000, 300_000);
            tokensPerByte.put(LANE, random.nextDouble(0.1, 0.4));
            tokensPerByte.put(OTHER, random.nextDouble(0.1, 0.4));
        }

        void run() {
            try (var lanes = lanes(20, 0)) {
                for (var round = 0; round < ROUNDS; round++) {
                    work(lanes);
                    take(lanes);
                    if (round == LEARNING_ROUNDS) {
                        refusals = 0;
                    }
                    if (round > LEARNING_ROUNDS) {
                        assertThat(refusals).isZero();
                        assertThat(used()).isGreaterThanOrEqualTo(limit * 9 / 10);
                    }
                    if (random.nextInt(50) == 0) {
                        lanes.restart();
                    }
                    end(lanes);
                    lanes.advance(Duration.ofSeconds(random.nextInt(1, 30)));
                }
                assertThat(ended.get(LANE)).isPositive();
                assertThat(ended.get(OTHER)).isPositive();
            }
        }

        /** More than the quota has room for is always waiting in both. */
        private void work(LanesUnderTest lanes) {
            while (lanes.gauge("halfrate.lane.waiting") < limit / 25.0) {
                tokensPerByte.keySet().forEach(lane -> lanes.arrive(lane, chunk(lanes, lane)));
            }
        }

        private List<Ref> chunk(LanesUnderTest lanes, LaneId lane) {
            var refs = new ArrayList<Ref>();
            for (var size = random.nextInt(50, 500); size > 0; size--) {
                var bytes = random.nextInt(100, 1_000);
                var id = "r" + requests++;
                var ratio = requireNonNull(tokensPerByte.get(lane)) * random.nextDouble(0.8, 1.2);
                tokens.put(id, Math.round(bytes * ratio));
                refs.add(lanes.ref(id, 1, bytes, LIFE));
            }
            return refs;
        }

        private void take(LanesUnderTest lanes) {
            for (var manifests = whole(lanes); !manifests.isEmpty(); manifests = whole(lanes)) {
                for (var batch : manifests) {
                    if (used() + tokensOf(batch) <= limit) {
                        enqueued.put(batch.getFirst(), tokensOf(batch));
                    } else {
                        refusals++;
                        assertThat(refusals).isLessThan(1_000);
                        lanes.refused(batch, limit);
                    }
                }
            }
        }

        private List<List<ManifestChunk>> whole(LanesUnderTest lanes) {
            var batches = new LinkedHashMap<String, List<ManifestChunk>>();
            lanes.manifests()
                    .forEach(chunk -> batches.computeIfAbsent(chunk.getBatchId(), _ -> new ArrayList<>())
                            .add(chunk));
            return List.copyOf(batches.values());
        }

        private long tokensOf(List<ManifestChunk> batch) {
            return batch.stream()
                    .flatMap(chunk -> ids(chunk).stream())
                    .mapToLong(tokens::get)
                    .sum();
        }

        private long used() {
            return enqueued.values().stream().mapToLong(Long::longValue).sum();
        }

        private void end(LanesUnderTest lanes) {
            var over = enqueued.keySet().stream()
                    .filter(_ -> random.nextInt(3) == 0)
                    .toList();
            over.forEach(batch -> {
                ended.merge(batch.getLane(), 1, Integer::sum);
                lanes.answered(batch, requireNonNull(enqueued.remove(batch)));
            });
        }
    }
}
