package dev.halfrate.processor.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.BelowMin;
import dev.halfrate.processor.config.LanesConfig;
import dev.halfrate.processor.lane.LaneCore;
import dev.halfrate.processor.ops.Births;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.ManifestChunk;
import dev.halfrate.schemas.internal.Ref;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.apache.kafka.streams.state.StoreBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LaneTopologyTest {
    private static final Duration AGE_MAX = Duration.ofMinutes(10);
    private static final Duration HORIZON = Duration.ofHours(1);
    private static final Duration RETRY_DELAY = Duration.ofMinutes(5);
    private static final LanesConfig CONFIG = new LanesConfig(4, 100_000, AGE_MAX, 2, HORIZON, 1_000);
    private static final Map<String, AccountLimits> ACCOUNTS = Map.of(
            "main", new AccountLimits("openai", 50_000, 1_000_000, false),
            "tight", new AccountLimits("openai", 2, 1_000_000, false),
            "ordered", new AccountLimits("anthropic", 1, 1_000_000, true));

    @TempDir
    private Path stateDir;

    private LanesUnderTest lanes;

    @BeforeEach
    void start() {
        lanes = new LanesUnderTest(stateDir, CONFIG, ACCOUNTS);
    }

    @AfterEach
    void stop() {
        lanes.close();
    }

    @Test
    void aManifestCarriesWhatTheLedgerWorkerNeeds() {
        var first = lanes.arrive(lanes.refs("a", "b", "c"));
        var second = lanes.arrive(lanes.refs("d", "e"));

        var manifest = lanes.manifests();

        assertThat(manifest).hasSize(2).allSatisfy(chunk -> {
            assertThat(chunk.getBatchId()).matches("b-[0-9a-v]+-[0-9a-v]+-0-0");
            assertThat(chunk.getPool()).isEqualTo("pool");
            assertThat(chunk.getLane()).isEqualTo(LanesUnderTest.LANE);
            assertThat(chunk.getChunks()).isEqualTo(2);
            assertThat(chunk.getItems()).isEqualTo(4);
            assertThat(chunk.getBytes()).isEqualTo(400);
            assertThat(chunk.getInboxPartition()).isZero();
            assertThat(chunk.getWorkPartition()).isBetween(0, LanesUnderTest.WORK_PARTITIONS - 1);
            assertThat(chunk.getSealedAt()).isEqualTo(LanesUnderTest.START.toEpochMilli());
            assertThat(chunk.getChecksum()).isEqualTo(crc(LanesUnderTest.bytes(chunk.getRefChunk())));
        });
        assertThat(manifest).extracting(ManifestChunk::getIndex).containsExactly(0, 1);
        assertThat(manifest).extracting(ManifestChunk::getFirstItem).containsExactly(0, 3);
        assertThat(manifest)
                .extracting(chunk -> LanesUnderTest.bytes(chunk.getRefChunk()))
                .containsExactly(first, second);
        assertThat(manifest)
                .extracting(LanesUnderTest::customIds)
                .containsExactly(List.of("a", "b", "c"), List.of("d"));
    }

    @Test
    void whatIsSentAtOnceWaitsForNoWindow() {
        lanes.arrive(AtOnce.of(LanesUnderTest.LANE), lanes.refs("a"));

        assertThat(lanes.manifests())
                .singleElement()
                .satisfies(chunk -> assertThat(chunk.getItems()).isOne());
    }

    @Test
    void whatNoBatchWouldAnswerInTimeIsSentAtOnceAndTheOthersWait() {
        lanes.arrive(List.of(
                lanes.refUntil("hurried", Duration.ofHours(23)),
                lanes.refUntil("patient", Duration.ofHours(25)),
                lanes.refs("timeless").getFirst()));

        assertThat(lanes.manifests()).singleElement().satisfies(chunk -> {
            assertThat(chunk.getLane()).isEqualTo(AtOnce.of(LanesUnderTest.LANE));
            assertThat(LanesUnderTest.customIds(chunk)).containsExactly("hurried");
        });
        assertThat(lanes.gauge("halfrate.balance.gap")).isZero();
    }

    @Test
    void whatTheLanesBatchesTakeSaysWhatIsInTimeAlsoAfterARestart() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        lanes.settled(lanes.manifests().getFirst().getBatchId(), Duration.ofMinutes(10));

        lanes.restart();
        lanes.arrive(List.of(lanes.refUntil("soon", Duration.ofMinutes(5)), lanes.refUntil("e", Duration.ofHours(1))));

        assertThat(lanes.manifests()).singleElement().satisfies(chunk -> {
            assertThat(chunk.getLane()).isEqualTo(AtOnce.of(LanesUnderTest.LANE));
            assertThat(LanesUnderTest.customIds(chunk)).containsExactly("soon");
        });
    }

    @Test
    void whatWaitsForRoomUntilABatchWouldBeTooLateIsSentAtOnceAndTheOthersStay() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        lanes.settled(lanes.manifests().getFirst().getBatchId(), Duration.ofMinutes(10));
        lanes.arrive(lanes.refs("e", "f", "g", "h", "i", "j", "k", "l"));
        var full = lanes.manifests();
        assertThat(full).hasSize(2);
        lanes.arrive(List.of(
                lanes.refs("x").getFirst(),
                lanes.refUntil("hurried", Duration.ofHours(1)),
                lanes.refs("y").getFirst()));
        lanes.advance(Duration.ofMinutes(45));
        assertThat(lanes.manifests()).isEmpty();

        lanes.restart();
        lanes.advance(Duration.ofMinutes(6));

        assertThat(lanes.manifests()).singleElement().satisfies(chunk -> {
            assertThat(chunk.getLane()).isEqualTo(AtOnce.of(LanesUnderTest.LANE));
            assertThat(LanesUnderTest.customIds(chunk)).containsExactly("hurried");
        });
        lanes.restart();
        lanes.advance(Duration.ofMinutes(10));
        assertThat(lanes.manifests()).isEmpty();
        lanes.settled(full.getFirst().getBatchId(), Duration.ofMinutes(10));
        assertThat(lanes.manifests())
                .singleElement()
                .satisfies(chunk -> assertThat(LanesUnderTest.customIds(chunk)).containsExactly("x", "y"));
        lanes.advance(Duration.ofSeconds(5));
        assertThat(lanes.gauge("halfrate.balance.gap")).isZero();
        assertThat(lanes.gauge("halfrate.lane.waiting")).isZero();
    }

    @Test
    void alsoWhatStandsFarBehindIsSentAtOnceInOneStepForEachChunk() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        lanes.settled(lanes.manifests().getFirst().getBatchId(), Duration.ofMinutes(10));
        lanes.arrive(lanes.refs("e", "f", "g", "h", "i", "j", "k", "l"));
        lanes.manifests();
        for (var chunk = 0; chunk < 12; chunk++) {
            var number = chunk;
            lanes.arrive(IntStream.range(0, 1_000)
                    .mapToObj(item -> {
                        var customId = "%d-%d".formatted(number, item);
                        return item % 2 == 0
                                ? lanes.refUntil(customId, Duration.ofHours(1))
                                : lanes.refs(customId).getFirst();
                    })
                    .toList());
        }
        lanes.advance(Duration.ofMinutes(49));
        assertThat(lanes.manifests()).isEmpty();

        lanes.advance(Duration.ofMinutes(2));
        lanes.advance(Duration.ofSeconds(1));
        lanes.advance(Duration.ofSeconds(1));

        assertThat(lanes.gauge("halfrate.lane.waiting")).isLessThanOrEqualTo(12_000);
        assertThat(lanes.counter("halfrate.requests.diverted")).isEqualTo(6_000);
    }

    @Test
    void whatIsHastenedIsNotSealedAtTheSameTick() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        lanes.settled(lanes.manifests().getFirst().getBatchId(), Duration.ofMinutes(10));
        lanes.arrive(List.of(lanes.refUntil("x", Duration.ofHours(1))));
        lanes.clock(Duration.ofMinutes(55));
        lanes.restart();

        lanes.advance(Duration.ofSeconds(1));

        assertThat(lanes.manifests())
                .singleElement()
                .satisfies(chunk -> assertThat(chunk.getLane()).isEqualTo(AtOnce.of(LanesUnderTest.LANE)));
    }

    @Test
    void whatComesBackTooLateForAnotherBatchIsSentAtOnce() {
        var later = lanes.refUntil("a", Duration.ofHours(30));
        lanes.arrive(List.of(
                later,
                lanes.refs("b").getFirst(),
                lanes.refs("c").getFirst(),
                lanes.refs("d").getFirst()));
        var batch = lanes.manifests().getFirst().getBatchId();
        lanes.advance(Duration.ofHours(10));

        lanes.returned(batch, List.of(later));
        lanes.settled(batch, Set.of(1, 2, 3));

        assertThat(lanes.manifests().getLast()).satisfies(chunk -> {
            assertThat(chunk.getLane()).isEqualTo(AtOnce.of(LanesUnderTest.LANE));
            assertThat(LanesUnderTest.customIds(chunk)).containsExactly("a");
        });
        assertThat(lanes.gauge("halfrate.balance.gap")).isZero();
    }

    @Test
    void ofTooFewRequestsThoseOfModeAutoAreSentAtOnceAlsoAfterARestart() {
        lanes.close();
        var config = new LanesConfig(4, 100_000, 0, AGE_MAX, 3, BelowMin.SYNC, AGE_MAX, 2, HORIZON, 1_000);
        lanes = new LanesUnderTest(stateDir, config, ACCOUNTS);
        lanes.arrive(List.of(lanes.autoRef("a"), lanes.refs("b").getFirst()));

        lanes.restart();
        lanes.advance(AGE_MAX);

        assertThat(lanes.manifests())
                .extracting(ManifestChunk::getLane, LanesUnderTest::customIds)
                .containsExactlyInAnyOrder(
                        tuple(AtOnce.of(LanesUnderTest.LANE), List.of("a")), tuple(LanesUnderTest.LANE, List.of("b")));
        assertThat(lanes.gauge("halfrate.balance.gap")).isZero();
        assertThat(lanes.gauge("halfrate.lane.waiting")).isZero();
    }

    @Test
    void whatIsCancelledWhileItWaitsEndsAtOnceAndItsIdIsFree() {
        lanes.arrive(lanes.refs("a", "b", "c"));

        lanes.cancel("b");
        lanes.cancel("b");
        lanes.cancel("nobody's");

        assertThat(lanes.results()).singleElement().satisfies(result -> {
            assertThat(result.customId()).isEqualTo("b");
            assertThat(result.status()).isEqualTo(Result.Status.CANCELLED);
        });
        lanes.restart();
        lanes.arrive(lanes.refs("b"));
        lanes.arrive(lanes.refs("d"));
        assertThat(lanes.manifests())
                .extracting(LanesUnderTest::customIds)
                .containsExactly(List.of("a", "c"), List.of("b"), List.of("d"));
        assertBalanced();
    }

    @Test
    void allThatWaitsMayBeCancelled() {
        lanes.arrive(lanes.refs("a", "b"));

        lanes.cancel("b");
        lanes.cancel("a");

        assertThat(lanes.results()).extracting(Result::customId).containsExactly("b", "a");
        lanes.advance(AGE_MAX.multipliedBy(2));
        assertThat(lanes.manifests()).isEmpty();
        lanes.restart();
        assertBalanced();
    }

    @Test
    void whatIsCancelledWhileItIsDelayedEndsAtOnce() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batch = lanes.manifests().getFirst();
        var refs = LanesUnderTest.refs(batch);
        lanes.returned(batch.getBatchId(), refs.subList(0, 2), LanesUnderTest.START.plus(Duration.ofHours(1)));
        lanes.settled(batch.getBatchId(), List.of(2, 3));

        lanes.cancel("a");
        assertThat(lanes.results()).extracting(Result::customId).containsExactly("a");
        lanes.restart();
        lanes.cancel("b");

        assertThat(lanes.results()).extracting(Result::customId).containsExactly("b");
        lanes.advance(Duration.ofHours(2));
        assertThat(lanes.manifests()).isEmpty();
        assertBalanced();
    }

    @Test
    void whatIsCancelledInABatchIsTheLedgersToEndAndItsIdIsFree() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batchId = lanes.manifests().getFirst().getBatchId();

        lanes.cancel("c");
        assertThat(lanes.withdrawals()).containsExactly(Map.entry(batchId, "2"));
        assertThat(lanes.results()).isEmpty();
        lanes.restart();
        lanes.cancel("c");
        assertThat(lanes.withdrawals()).isEmpty();
        lanes.arrive(lanes.refs("c"));
        lanes.advance(AGE_MAX);

        assertThat(lanes.manifests())
                .singleElement()
                .satisfies(chunk -> assertThat(LanesUnderTest.customIds(chunk)).containsExactly("c"));
        lanes.settled(batchId, List.of(0, 1, 3));
        assertBalanced();
    }

    @Test
    void whatComesBackAfterItWasCancelledEndsWhenItComes() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batch = lanes.manifests().getFirst();
        lanes.cancel("c");
        lanes.withdrawals();
        lanes.arrive(lanes.refs("c"));

        lanes.restart();
        lanes.returned(batch.getBatchId(), LanesUnderTest.refs(batch).subList(1, 3));
        lanes.returned(batch.getBatchId(), LanesUnderTest.refs(batch).subList(2, 3));
        lanes.settled(batch.getBatchId(), List.of(0, 3));

        assertThat(lanes.results()).singleElement().satisfies(result -> {
            assertThat(result.customId()).isEqualTo("c");
            assertThat(result.status()).isEqualTo(Result.Status.CANCELLED);
        });
        lanes.advance(AGE_MAX);
        assertThat(lanes.manifests().stream().map(LanesUnderTest::customIds).flatMap(List::stream))
                .containsExactlyInAnyOrder("c", "b");
        assertBalanced();
    }

    private void assertBalanced() {
        lanes.advance(Duration.ofSeconds(2));
        lanes.advance(Duration.ofSeconds(2));
        assertThat(lanes.gauge("halfrate.balance.gap")).isZero();
    }

    @Test
    void everyChangelogIsGuarded() {
        assertThat(LaneStores.builders()).extracting(StoreBuilder::name).containsExactlyElementsOf(Births.LANE_STORES);
    }

    @Test
    void manifestChunksAreKeyedByBatchAndIndex() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));

        var record = lanes.read("work").getFirst();

        var chunk = InternalFormat.MANIFEST_CHUNK.decode(record.value());
        assertThat(new String(record.key(), UTF_8)).isEqualTo(chunk.getBatchId() + "/0");
    }

    @Test
    void aSmallPartOfALargeChunkIsWrittenAnewInsteadOfRepeatingTheChunk() {
        lanes.arrive(LanesUnderTest.lane("tight", "small"), lanes.refs("a", "b", "c", "d", "e"));

        var manifests = lanes.manifests();

        assertThat(manifests)
                .extracting(LanesUnderTest::customIds)
                .containsExactly(List.of("a", "b"), List.of("c", "d"));
        assertThat(manifests).extracting(ManifestChunk::getFrom).containsOnly(0);
        assertThat(manifests).extracting(ManifestChunk::getUntil).containsOnly(2);
    }

    @Test
    void whatIsForwardedToAPartitionGoesThere() {
        var value = new byte[0];
        var key = "k".getBytes(UTF_8);

        assertThat(Outgoing.PARTITIONER.partitions("work", key, new Outgoing("work", value, 5), 7))
                .contains(Set.of(5));
        assertThat(Outgoing.PARTITIONER.partitions("llm.results", key, new Outgoing("work", value, Outgoing.BY_KEY), 7))
                .isEmpty();
    }

    @Test
    void batchesSpreadOverThePartitionsUnlessTheirAccountNeedsOne() {
        for (var batch = 0; batch < 40; batch++) {
            lanes.arrive(LanesUnderTest.lane("ordered", "m" + batch), lanes.refs("o" + batch));
            lanes.arrive(LanesUnderTest.lane("tight", "m" + batch), lanes.refs("x" + batch, "y" + batch));
        }

        var manifests = lanes.manifests();

        assertThat(partitions(manifests, "ordered")).hasSize(1);
        assertThat(partitions(manifests, "tight")).hasSizeGreaterThan(LanesUnderTest.WORK_PARTITIONS / 2);
    }

    private static Set<Integer> partitions(List<ManifestChunk> manifests, String account) {
        return manifests.stream()
                .filter(chunk -> chunk.getLane().getAccount().equals(account))
                .map(ManifestChunk::getWorkPartition)
                .collect(Collectors.toSet());
    }

    @Test
    void aWindowClosesByAgeOnAQuietTopic() {
        lanes.arrive(lanes.refs("a"));
        lanes.advance(AGE_MAX.minusMillis(1));
        assertThat(lanes.manifests()).isEmpty();

        lanes.advance(Duration.ofSeconds(1));

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("a"));
        assertThat(lanes.count("halfrate.batches.sealed", "by", "age")).isEqualTo(1);
    }

    @Test
    void theVendorsLimitWinsWhereItIsTighter() {
        lanes.arrive(LanesUnderTest.lane("tight", "small"), lanes.refs("a", "b"));

        assertThat(lanes.manifests()).hasSize(1);
    }

    @Test
    void requestsOfAnAccountThatIsNoLongerConfiguredWaitAndExpire() {
        lanes.arrive(LanesUnderTest.lane("gone", "small"), lanes.refs("a", "b", "c", "d", "e"));
        lanes.advance(Duration.ofDays(2));
        assertThat(lanes.manifests()).isEmpty();
        assertThat(lanes.results()).isEmpty();

        lanes.advance(Duration.ofDays(1));

        assertThat(lanes.results()).hasSize(5);
    }

    @Test
    void aRepeatIsAbsorbedAndAConflictIsADeadLetterEvenWithinOneChunk() {
        lanes.arrive(List.of(
                lanes.ref("a", 1, 100, HORIZON),
                lanes.ref("a", 1, 100, HORIZON),
                lanes.ref("a", 2, 100, HORIZON),
                lanes.ref("b", 1, 100, HORIZON)));
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("a", "b"));
        assertThat(lanes.count("halfrate.requests.accepted")).isEqualTo(2);
        assertThat(lanes.count("halfrate.requests.absorbed")).isEqualTo(1);
        assertThat(lanes.count("halfrate.requests.dead_lettered", "reason", "id_conflict"))
                .isEqualTo(1);
        assertThat(lanes.deadLetters()).singleElement().satisfies(letter -> {
            assertThat(letter.reason()).isEqualTo(DeadLetter.Reason.ID_CONFLICT);
            assertThat(letter.customId()).isEqualTo("a");
            assertThat(letter.topic()).isEqualTo("llm.requests");
            assertThat(letter.partition()).isEqualTo(3);
            assertThat(letter.offset()).isEqualTo(2);
            assertThat(letter.value()).isNull();
        });
    }

    @Test
    void theEndOfABatchDecidesWhatIsStillKnown() {
        lanes.arrive(lanes.refs("good", "bad", "c", "d"));
        var batch = lanes.manifests().getFirst();
        lanes.settled(batch.getBatchId(), Set.of(0));

        lanes.arrive(lanes.refs("good", "bad"));
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("bad"));
    }

    @Test
    void aSuccessIsForgottenAfterTheHorizonAndLeavesNothingBehind() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        lanes.settled(lanes.manifests().getFirst().getBatchId(), Set.of(0, 1, 2, 3));
        lanes.advance(HORIZON.minusMillis(1));
        lanes.arrive(lanes.refs("a"));
        assertThat(lanes.count("halfrate.requests.absorbed")).isEqualTo(1);
        assertThat(lanes.stored("ids")).isEqualTo(1);

        lanes.advance(Duration.ofSeconds(1));
        lanes.arrive(lanes.refs("a"));

        assertThat(lanes.count("halfrate.requests.accepted")).isEqualTo(5);
        assertThat(lanes.stored("ids")).isZero();
        assertThat(lanes.stored("batches")).isZero();
    }

    @Test
    void aReturnedRequestGoesIntoALaterBatchAndIsStillKnown() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batch = lanes.manifests().getFirst();
        var again =
                Ref.newBuilder(LanesUnderTest.refs(batch).get(1)).setAttempts(1).build();

        lanes.returned(batch.getBatchId(), List.of(again));
        lanes.settled(batch.getBatchId(), Set.of(0, 2, 3));
        lanes.arrive(lanes.refs("b"));
        lanes.command(CommandKind.FLUSH);

        var next = lanes.manifests();
        assertThat(lanes.count("halfrate.requests.absorbed")).isEqualTo(1);
        assertThat(next).hasSize(1);
        assertThat(LanesUnderTest.refs(next.getFirst())).containsExactly(again);
    }

    @Test
    void aFailedRequestIsInNoWindowBeforeItIsDueWhichEndsNobodyElsesWait() {
        var batch = returnLater(RETRY_DELAY, "b", "c");
        lanes.settled(batch, Set.of(0, 3));
        lanes.arrive(lanes.refs("e", "f", "g", "h"));
        lanes.command(CommandKind.FLUSH);
        assertThat(lanes.manifests())
                .extracting(LanesUnderTest::customIds)
                .containsExactly(List.of("e", "f", "g", "h"));
        assertThat(lanes.gauge("halfrate.lane.delayed")).isEqualTo(2);
        lanes.advance(RETRY_DELAY.minusMillis(1));
        lanes.command(CommandKind.FLUSH);
        assertThat(lanes.manifests()).isEmpty();

        lanes.advance(Duration.ofSeconds(1));
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("b", "c"));
        assertThat(lanes.gauge("halfrate.lane.delayed")).isZero();
        assertThat(lanes.stored("delayed")).isZero();
    }

    @Test
    void aDelayedRequestAbsorbsItsRepeatsAndBuriesItsConflictsAlsoAfterARestart() {
        lanes.settled(returnLater(RETRY_DELAY, "b"), Set.of(0, 2, 3));
        lanes.restart();

        lanes.arrive(List.of(lanes.ref("b", 1, 100, HORIZON), lanes.ref("b", 2, 100, HORIZON)));

        assertThat(lanes.count("halfrate.requests.absorbed")).isEqualTo(1);
        assertThat(lanes.deadLetters()).extracting(DeadLetter::customId).containsExactly("b");
    }

    @Test
    void aRestartKeepsDelayedRequestsAndTheirTimes() {
        lanes.settled(returnLater(RETRY_DELAY, "b"), Set.of(0, 2, 3));
        lanes.restart();
        assertThat(lanes.gauge("halfrate.lane.delayed")).isEqualTo(1);
        lanes.advance(RETRY_DELAY.minusSeconds(1));
        lanes.restart();
        lanes.command(CommandKind.FLUSH);
        assertThat(lanes.manifests()).isEmpty();

        lanes.advance(Duration.ofSeconds(1));
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("b"));
    }

    @Test
    void whatIsDelayedAfterARestartDoesNotReplaceWhatWasDelayedBefore() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batch = lanes.manifests().getFirst();
        returnLater(batch, RETRY_DELAY, "b");
        lanes.restart();
        returnLater(batch, RETRY_DELAY, "c");

        lanes.settled(batch.getBatchId(), Set.of(0, 3));
        lanes.advance(RETRY_DELAY);
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests().stream().flatMap(chunk -> LanesUnderTest.customIds(chunk).stream()))
                .containsExactly("b", "c");
    }

    @Test
    void aLaneWithNothingButDelayedRequestsIsNotDropped() {
        var batch = returnLater(LaneTask.LANE_IDLE_MAX.multipliedBy(3), "b");
        lanes.settled(batch, Set.of(0, 2, 3));

        lanes.advance(LaneTask.LANE_IDLE_MAX.multipliedBy(2));
        lanes.restart();
        lanes.advance(LaneTask.LANE_IDLE_MAX);
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("b"));
    }

    @Test
    void aRequestWhoseLifeEndsWhileItIsDelayedIsAnsweredWhenItIsDue() {
        lanes.arrive(List.of(
                lanes.ref("a", 1, 100, HORIZON),
                lanes.ref("b", 1, 100, RETRY_DELAY.minusSeconds(1)),
                lanes.ref("c", 1, 100, HORIZON),
                lanes.ref("d", 1, 100, HORIZON)));
        var batch = lanes.manifests().getFirst();
        returnLater(batch, RETRY_DELAY, "b");
        lanes.settled(batch.getBatchId(), Set.of(0, 2, 3));

        lanes.advance(RETRY_DELAY);

        assertThat(lanes.results()).singleElement().satisfies(result -> {
            assertThat(result.customId()).isEqualTo("b");
            assertThat(result.status()).isEqualTo(Result.Status.EXPIRED);
        });
        lanes.arrive(lanes.refs("b"));
        assertThat(lanes.count("halfrate.requests.accepted")).isEqualTo(5);
    }

    @Test
    void anotherHostsClockDelaysNobodyForMoreThanADay() {
        lanes.settled(returnLater(Duration.ofDays(400), "b"), Set.of(0, 2, 3));

        lanes.advance(LaneCore.DELAY_MAX);
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("b"));
    }

    /** Of a batch of a, b, c and d some come back and have to wait. */
    private String returnLater(Duration delay, String... customIds) {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batch = lanes.manifests().getFirst();
        returnLater(batch, delay, customIds);
        return batch.getBatchId();
    }

    private void returnLater(ManifestChunk batch, Duration delay, String... customIds) {
        var back = LanesUnderTest.refs(batch).stream()
                .filter(ref -> List.of(customIds).contains(ref.getCustomId()))
                .toList();
        lanes.returned(batch.getBatchId(), back, lanes.now().plus(delay));
    }

    @Test
    void lateAndRepeatedSignalsAreHarmless() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batch = lanes.manifests().getFirst();
        var refs = LanesUnderTest.refs(batch);
        lanes.returned(batch.getBatchId(), refs.subList(0, 1));
        lanes.returned(batch.getBatchId(), refs.subList(0, 1));
        lanes.settled(batch.getBatchId(), Set.of(1));
        lanes.settled(batch.getBatchId(), Set.of(2));
        lanes.returned(batch.getBatchId(), refs);
        lanes.settled("b-unknown", Set.of(1));
        lanes.returned("b-unknown", refs);
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("a"));
        assertThat(lanes.count("halfrate.lane.ignored", "kind", "returned")).isEqualTo(3);
        assertThat(lanes.count("halfrate.lane.ignored", "kind", "settled")).isEqualTo(2);
        assertThat(lanes.gauge("halfrate.lane.batches_in_flight")).isEqualTo(1);
    }

    @Test
    void requestsThatABatchLostAreAGapThatStaysUntilSomebodyLooks() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        lanes.settled(lanes.manifests().getFirst().getBatchId(), Set.of(0), 1);

        lanes.advance(Duration.ofSeconds(1));
        assertThat(lanes.gauge("halfrate.balance.gap")).isEqualTo(2);
        lanes.restart();
        lanes.advance(Duration.ofSeconds(1));

        assertThat(lanes.gauge("halfrate.balance.gap")).isEqualTo(2);
        assertThat(lanes.totals()).isEqualTo(new LaneTotals(4, 4, 0, 0, 1, 1, 0, 0));
    }

    @Test
    void whatIsAbsorbedAloneIsRememberedToo() {
        lanes.arrive(lanes.refs("a"));
        lanes.arrive(lanes.refs("a"));
        lanes.restart();

        assertThat(lanes.totals()).isEqualTo(new LaneTotals(2, 1, 1, 0, 0, 0, 0, 0));
        assertThat(lanes.gauge("halfrate.lane.requests", "became", "absorbed")).isEqualTo(1);
    }

    @Test
    void settlingMakesRoomForTheWindowThatWaits() {
        lanes.arrive(lanes.refs("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13"));
        var inFlight = lanes.manifests();
        assertThat(inFlight).hasSize(2);
        assertThat(lanes.gauge("halfrate.lane.waiting")).isEqualTo(5);

        lanes.settled(inFlight.getFirst().getBatchId(), Set.of());

        assertThat(lanes.manifests())
                .extracting(LanesUnderTest::customIds)
                .containsExactly(List.of("9", "10", "11", "12"));
        assertThat(lanes.gauge("halfrate.lane.waiting")).isEqualTo(1);
    }

    @Test
    void aRequestWhoseLifeEndsInItsLaneIsAnsweredAndForgotten() {
        lanes.arrive(List.of(lanes.ref("short", 1, 100, Duration.ofMinutes(1)), lanes.ref("long", 1, 100, HORIZON)));
        lanes.advance(Duration.ofMinutes(1));

        assertThat(lanes.results()).singleElement().satisfies(result -> {
            assertThat(result.customId()).isEqualTo("short");
            assertThat(result.status()).isEqualTo(Result.Status.EXPIRED);
            assertThat(result.provider()).isEqualTo("openai");
            assertThat(result.account()).isEqualTo("main");
            assertThat(result.request().traceparent()).isEqualTo("00-trace");
        });
        lanes.arrive(lanes.refs("short"));
        lanes.command(CommandKind.FLUSH);
        assertThat(lanes.manifests().stream().flatMap(chunk -> LanesUnderTest.customIds(chunk).stream()))
                .containsExactly("long", "short");
    }

    @Test
    void anExpiredRequestInTheMiddleOfAChunkIsCutOut() {
        lanes.arrive(List.of(
                lanes.ref("a", 1, 100, HORIZON),
                lanes.ref("b", 1, 100, Duration.ofMinutes(1)),
                lanes.ref("c", 1, 100, HORIZON)));
        lanes.advance(Duration.ofMinutes(1));
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("a", "c"));
        assertThat(lanes.results()).extracting(Result::customId).containsExactly("b");
    }

    @Test
    void aRestartKeepsWindowsAndDuplicates() {
        lanes.arrive(lanes.refs("done", "failed", "flying", "d2"));
        lanes.settled(lanes.manifests().getFirst().getBatchId(), Set.of(0));
        lanes.arrive(lanes.refs("f1", "f2", "f3", "f4"));
        lanes.arrive(lanes.refs("w1", "w2"));
        var flying = lanes.manifests();
        lanes.advance(AGE_MAX.dividedBy(2));

        lanes.restart();

        assertThat(lanes.gauge("halfrate.lane.waiting")).isEqualTo(2);
        assertThat(lanes.gauge("halfrate.lane.batches_in_flight")).isEqualTo(1);
        lanes.arrive(lanes.refs("done", "f1", "w1"));
        assertThat(lanes.count("halfrate.requests.absorbed")).isEqualTo(3);
        lanes.arrive(List.of(lanes.ref("w2", 2, 100, HORIZON), lanes.ref("f2", 2, 100, HORIZON)));
        assertThat(lanes.deadLetters()).extracting(DeadLetter::customId).containsExactly("w2", "f2");
        lanes.arrive(lanes.refs("failed"));
        lanes.advance(AGE_MAX.dividedBy(2));
        var aged = lanes.manifests();
        assertThat(aged.stream().flatMap(chunk -> LanesUnderTest.customIds(chunk).stream()))
                .containsExactly("w1", "w2", "failed");
        assertThat(aged.getFirst().getBatchId())
                .isNotEqualTo(flying.getFirst().getBatchId())
                .endsWith("-2");
    }

    @Test
    void aRestartBetweenReturnAndSettlementKeepsTheOwner() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batch = lanes.manifests().getFirst();
        lanes.returned(batch.getBatchId(), LanesUnderTest.refs(batch).subList(0, 1));

        lanes.restart();
        lanes.settled(batch.getBatchId(), Set.of(1, 2, 3));
        lanes.arrive(lanes.refs("a"));

        assertThat(lanes.count("halfrate.requests.absorbed")).isEqualTo(1);
    }

    @Test
    void aRestartDoesNotGiveBackToABatchWhatItReturned() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var first = lanes.manifests().getFirst();
        lanes.returned(first.getBatchId(), LanesUnderTest.refs(first).subList(0, 1));
        lanes.returned(first.getBatchId(), LanesUnderTest.refs(first).subList(0, 2));
        lanes.command(CommandKind.FLUSH);
        lanes.settled(lanes.manifests().getFirst().getBatchId(), Set.of());

        lanes.restart();
        lanes.arrive(lanes.refs("a", "b", "c"));
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("a", "b"));
        assertThat(lanes.count("halfrate.requests.absorbed")).isEqualTo(1);
    }

    @Test
    void aRestartInTheMiddleOfAChunkGoesOnThere() {
        lanes.arrive(lanes.refs("a", "b", "c", "d", "e", "f"));
        lanes.restart();
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("e", "f"));
        assertThat(lanes.stored("chunks")).isZero();
    }

    @Test
    void aLaneThatStaysEmptyIsDroppedAndBeginsAnewWhenItComesAgain() {
        lanes.arrive(lanes.refs("a", "b", "c", "d"));
        var batch = lanes.manifests().getFirst().getBatchId();
        lanes.advance(LaneTask.LANE_IDLE_MAX);
        lanes.settled(batch, Set.of(0, 1, 2, 3));
        lanes.advance(LaneTask.LANE_IDLE_MAX.minusSeconds(1));
        assertThat(lanes.stored("lanes")).isEqualTo(1);

        lanes.advance(Duration.ofSeconds(1));
        assertThat(lanes.hasGauge("halfrate.lane.waiting")).isFalse();
        assertThat(lanes.hasGauge("halfrate.balance.gap")).isFalse();
        assertThat(lanes.stored("lanes")).as("the sum of what was dropped").isEqualTo(1);
        assertThat(lanes.totals()).isEqualTo(new LaneTotals(4, 4, 0, 0, 4, 0, 0, 0));
        lanes.restart();
        lanes.arrive(lanes.refs("e", "f", "g", "h", "i"));
        lanes.restart();
        lanes.command(CommandKind.FLUSH);

        assertThat(lanes.manifests()).extracting(LanesUnderTest::customIds).containsExactly(List.of("i"));
        assertThat(lanes.gauge("halfrate.lane.batches_in_flight")).isEqualTo(2);
    }

    @Test
    void commandsThatAreNotForTheLanesAreCounted() {
        lanes.command(CommandKind.RESOLVE);

        assertThat(lanes.count("halfrate.lane.ignored", "kind", "resolve")).isEqualTo(1);
    }

    @Test
    void whatCannotBeReadStopsTheLanesAndSaysWhere() {
        assertThatThrownBy(() -> lanes.inbox(new byte[] {99}))
                .hasStackTraceContaining("unreadable record in lane-inbox-0 at offset 0: not an internal record");
    }

    /** Names of stores, processors and topics are public: other releases read what they name. */
    @Test
    void theTopologyIsTheOneThatWasReleased() throws IOException {
        var topology = new LaneTopology(LanesUnderTest.TOPICS, 1, CONFIG, ACCOUNTS, new SimpleMeterRegistry());

        try (var golden = getClass().getResourceAsStream("topology.txt")) {
            assertThat(golden).isNotNull();
            assertThat(topology.get().describe().toString()).isEqualTo(new String(golden.readAllBytes(), UTF_8));
        }
    }

    private static long crc(byte[] bytes) {
        var crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }
}
