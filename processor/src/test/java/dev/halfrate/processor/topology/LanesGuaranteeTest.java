package dev.halfrate.processor.topology;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.LanesConfig;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.ManifestChunk;
import dev.halfrate.schemas.internal.Ref;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random traffic with restarts, watched from outside: what is read is answered once, and nothing is in two batches. */
class LanesGuaranteeTest {
    private static final int EVENTS = 150;
    private static final Duration HORIZON = Duration.ofMinutes(3);
    private static final LanesConfig CONFIG = new LanesConfig(12, 2_000, Duration.ofMinutes(1), 2, HORIZON, 1_000_000);

    @TempDir
    private Path stateDir;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void everyRequestIsAnsweredOnceWhateverComes(long seed) {
        var accounts = Map.of("main", new AccountLimits("openai", 50_000, 1_000_000, false));
        try (var lanes = new LanesUnderTest(stateDir, CONFIG, accounts)) {
            var guarantee = new Guarantee(lanes, new SplittableRandom(seed));
            for (var event = 0; event < EVENTS; event++) {
                guarantee.happens();
                guarantee.watch();
            }
            guarantee.drain();
        }
    }

    private static final class Guarantee {
        /** Who answers an id, as a plain map of objects tells it. */
        private record Owner(int content, @Nullable Instant succeededAt) {}

        private final LanesUnderTest lanes;
        private final SplittableRandom random;
        private final Map<String, Owner> owners = new HashMap<>();
        private final Set<Long> waiting = new TreeSet<>();
        private final Map<String, List<Ref>> inFlight = new LinkedHashMap<>();
        private final Map<Long, Instant> notBefores = new HashMap<>();
        private final Set<Long> answered = new HashSet<>();
        private final List<Long> conflicts = new ArrayList<>();
        private int accepted;
        private int absorbed;
        private int expired;

        Guarantee(LanesUnderTest lanes, SplittableRandom random) {
            this.lanes = lanes;
            this.random = random;
        }

        void happens() {
            switch (random.nextInt(24)) {
                case 0, 1, 2, 3, 4, 5, 6, 7 -> arrive();
                case 8, 9, 10, 11 -> lanes.advance(Duration.ofSeconds(random.nextInt(1, 45)));
                case 12, 13 -> lanes.command(CommandKind.FLUSH);
                case 14 -> lanes.restart();
                default -> {
                    if (!inFlight.isEmpty()) {
                        settle();
                    }
                }
            }
        }

        private void arrive() {
            var refs = new ArrayList<Ref>();
            for (var size = random.nextInt(1, 30); size > 0; size--) {
                var id = "id" + random.nextInt(120);
                var owner = owners.get(id);
                // Another content may follow a success, but a restart may then remember the success instead.
                var content = owner == null || owner.succeededAt == null ? random.nextInt(2) : owner.content;
                var ref = lanes.ref(id, content, random.nextInt(1, 400), Duration.ofSeconds(random.nextInt(30, 300)));
                refs.add(ref);
                expect(ref, owner, content);
            }
            lanes.arrive(refs);
        }

        private void expect(Ref ref, @Nullable Owner owner, int content) {
            if (owner == null || !isKnown(owner)) {
                owners.put(ref.getCustomId(), new Owner(content, null));
                waiting.add(ref.getOffset());
                accepted++;
            } else if (owner.content == content) {
                absorbed++;
            } else {
                conflicts.add(ref.getOffset());
            }
        }

        private boolean isKnown(Owner owner) {
            return owner.succeededAt == null || owner.succeededAt.plus(HORIZON).isAfter(lanes.now());
        }

        /** Some items come back, of the others some succeed. */
        private void settle() {
            var batches = new ArrayList<>(inFlight.keySet());
            var batch = batches.get(random.nextInt(batches.size()));
            var refs = requireNonNull(inFlight.remove(batch));
            var returned = new ArrayList<Ref>();
            var succeeded = new ArrayList<Integer>();
            for (var item = 0; item < refs.size(); item++) {
                var ref = refs.get(item);
                if (random.nextInt(4) == 0) {
                    returned.add(ref);
                    waiting.add(ref.getOffset());
                    continue;
                }
                assertThat(answered.add(ref.getOffset())).isTrue();
                if (random.nextBoolean()) {
                    succeeded.add(item);
                    owners.computeIfPresent(ref.getCustomId(), (_, owner) -> new Owner(owner.content, lanes.now()));
                } else {
                    owners.remove(ref.getCustomId());
                }
            }
            if (!returned.isEmpty()) {
                var notBefore = lanes.now().plusSeconds(random.nextInt(-60, 120));
                returned.forEach(ref -> notBefores.put(ref.getOffset(), notBefore));
                lanes.returned(batch, returned, notBefore);
                observe();
            }
            if (random.nextInt(8) == 0) {
                lanes.restart();
            }
            lanes.settled(batch, succeeded);
            watch();
        }

        void watch() {
            observe();
            assertBalance();
        }

        /** What a restart would throw away unread. */
        private void observe() {
            var sealed = new LinkedHashMap<String, List<ManifestChunk>>();
            lanes.manifests()
                    .forEach(chunk -> sealed.computeIfAbsent(chunk.getBatchId(), _ -> new ArrayList<>())
                            .add(chunk));
            sealed.forEach(this::sealed);
            for (var result : lanes.results()) {
                expired(result);
            }
            assertThat(lanes.deadLetters()).extracting(DeadLetter::offset).containsExactlyElementsOf(conflicts);
            conflicts.clear();
            assertThat(lanes.count("halfrate.requests.accepted")).isEqualTo(accepted);
            assertThat(lanes.count("halfrate.requests.absorbed")).isEqualTo(absorbed);
            assertThat(inFlight).hasSizeLessThanOrEqualTo(CONFIG.batchesInFlightMax());
        }

        /** The lanes' own sums, which survive restarts and the lanes themselves, are those of the observer. */
        private void assertBalance() {
            var totals = lanes.totals();
            assertThat(totals.accepted()).isEqualTo(accepted);
            assertThat(totals.absorbed()).isEqualTo(absorbed);
            assertThat(totals.expired()).isEqualTo(expired);
            assertThat(totals.succeeded() + totals.failed()).isEqualTo(answered.size());
            var inBatches = inFlight.values().stream().mapToInt(List::size).sum();
            assertThat(totals.gap(waiting.size() - expired + inBatches)).isZero();
            assertThat(lanes.gauge("halfrate.lane.requests", "became", "in_batch"))
                    .isEqualTo(inBatches);
            assertThat(lanes.gauge("halfrate.balance.gap")).isZero();
        }

        private void sealed(String batch, List<ManifestChunk> chunks) {
            var refs = new ArrayList<Ref>();
            for (var chunk : chunks) {
                assertThat(chunk.getChunks()).isEqualTo(chunks.size());
                assertThat(chunk.getFirstItem()).isEqualTo(refs.size());
                refs.addAll(LanesUnderTest.refs(chunk));
            }
            var bytes = refs.stream().mapToLong(Ref::getLineBytes).sum();
            assertThat(refs).hasSize(chunks.getFirst().getItems()).hasSizeLessThanOrEqualTo(CONFIG.requestsMax());
            assertThat(bytes).isEqualTo(chunks.getFirst().getBytes()).isLessThanOrEqualTo(CONFIG.bytesMax());
            for (var ref : refs) {
                assertThat(waiting.remove(ref.getOffset())).as("%s waited", ref).isTrue();
                assertThat(ref.getExpiresAt()).isGreaterThan(lanes.now().toEpochMilli());
                assertThat(notBefores.getOrDefault(ref.getOffset(), Instant.EPOCH))
                        .isBeforeOrEqualTo(lanes.now());
            }
            assertThat(inFlight.put(batch, refs)).isNull();
        }

        private void expired(Result result) {
            assertThat(result.status()).isEqualTo(Result.Status.EXPIRED);
            assertThat(owners.remove(result.customId())).isNotNull();
            expired++;
        }

        void drain() {
            for (var round = 0; round < 200; round++) {
                lanes.command(CommandKind.FLUSH);
                watch();
                if (!inFlight.isEmpty()) {
                    settle();
                } else if (lanes.gauge("halfrate.lane.delayed") > 0) {
                    lanes.advance(Duration.ofSeconds(10));
                } else {
                    break;
                }
                watch();
            }
            // Those whose results were `expired` are the ones that neither wait for a batch nor were in one.
            assertThat(waiting).hasSize(expired);
            assertThat(inFlight).isEmpty();
            assertThat(answered.size() + expired).isEqualTo(accepted);
            assertThat(lanes.gauge("halfrate.lane.waiting")).isZero();
            assertThat(lanes.stored("chunks")).isZero();
            assertThat(lanes.stored("delayed")).isZero();
        }
    }
}
