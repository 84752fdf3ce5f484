package dev.halfrate.processor.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.lane.LaneUnderTest.Batch;
import dev.halfrate.processor.lane.LaneUnderTest.Item;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;

class LaneCoreTest {
    private static final Duration AGE_MAX = Duration.ofMinutes(10);
    private static final Duration MILLI = Duration.ofMillis(1);
    private static final LaneLimits LIMITS = new LaneLimits(4, 1_000, AGE_MAX, 2);

    private final LaneUnderTest lane = new LaneUnderTest(LIMITS);

    @Test
    void oneRequestLessThanTheLimitWaits() {
        lane.arrive(1, 1, 1).tick();

        assertThat(lane.sealed()).isEmpty();
        assertThat(lane.state().queue().items()).isEqualTo(3);
    }

    @Test
    void theLastRequestUpToTheLimitClosesTheWindow() {
        lane.arrive(1, 1, 1).arrive(1);

        assertThat(lane.sealed())
                .extracting(Batch::by, Batch::numbers)
                .containsExactly(closed(ClosedBy.COUNT, 0, 1, 2, 3));
        assertThat(lane.state().queue().items()).isZero();
        assertThat(lane.state().inFlight()).isEqualTo(1);
    }

    @Test
    void aWindowOneByteBelowTheLimitWaits() {
        lane.arrive(500, 499).tick();

        assertThat(lane.sealed()).isEmpty();
    }

    @Test
    void aWindowOfExactlyTheBytesAllowedIsClosedAndWhole() {
        lane.arrive(500, 500);

        assertThat(lane.sealed()).extracting(Batch::by, Batch::numbers).containsExactly(closed(ClosedBy.BYTES, 0, 1));
        assertThat(lane.sealed().getFirst().bytes()).isEqualTo(1_000);
    }

    @Test
    void oneByteTooMuchStaysForTheNextWindow() {
        lane.arrive(500, 501);

        assertThat(lane.sealed()).extracting(Batch::by, Batch::numbers).containsExactly(closed(ClosedBy.BYTES, 0));
        assertThat(lane.state().queue().bytes()).isEqualTo(501);
    }

    @Test
    void aRequestLargerThanABatchGoesAlone() {
        lane.arrive(10, 5_000, 10).tick();

        assertThat(lane.sealed()).extracting(Batch::numbers).containsExactly(List.of(0), List.of(1));
        assertThat(lane.waiting()).extracting(Item::number).containsExactly(2);
    }

    @Test
    void aWindowClosesWhenItsOldestRequestIsTooOld() {
        lane.arrive(1).after(AGE_MAX.minus(MILLI)).arrive(1).tick();
        assertThat(lane.sealed()).isEmpty();

        lane.after(MILLI).tick();

        assertThat(lane.sealed()).extracting(Batch::by, Batch::numbers).containsExactly(closed(ClosedBy.AGE, 0, 1));
    }

    @Test
    void whatIsLeftOfAChunkKeepsItsAge() {
        lane.arrive(1, 1, 1, 1, 1).after(AGE_MAX).tick();

        assertThat(lane.sealed())
                .extracting(Batch::by, Batch::numbers)
                .containsExactly(closed(ClosedBy.COUNT, 0, 1, 2, 3), closed(ClosedBy.AGE, 4));
    }

    @Test
    void aChunkIsCutWhereTheBatchIsFull() {
        lane.arrive(1, 1, 1).arrive(1, 1, 1);

        assertThat(lane.sealed()).extracting(Batch::numbers).containsExactly(List.of(0, 1, 2, 3));
        assertThat(lane.state().queue().firstSeq()).isEqualTo(1);
        assertThat(lane.state().queue().skip()).isEqualTo(1);
        assertThat(lane.waiting()).extracting(Item::number).containsExactly(4, 5);
    }

    @Test
    void closedWindowsWaitWhileEnoughBatchesAreInFlight() {
        lane.arrive(ones(10)).arrive(ones(3)).tick();
        assertThat(lane.sealed()).hasSize(2);
        assertThat(lane.state().queue().items()).isEqualTo(5);

        lane.settle();

        assertThat(lane.sealed()).hasSize(3);
        assertThat(lane.sealed().getLast().numbers()).containsExactly(8, 9, 10, 11);
        assertThat(lane.state().inFlight()).isEqualTo(2);
        assertThat(lane.state().nextBatch()).isEqualTo(3);
    }

    @Test
    void aWindowThatHadToWaitGetsFuller() {
        lane.arrive(ones(8)).arrive(1).after(AGE_MAX).tick().arrive(1, 1);

        lane.settle();

        assertThat(lane.sealed().getLast())
                .extracting(Batch::by, Batch::numbers)
                .containsExactly(ClosedBy.AGE, List.of(8, 9, 10));
    }

    @Test
    void noBatchesAllowedMeansThatEverythingWaits() {
        var stopped = new LaneUnderTest(new LaneLimits(1, 1, Duration.ZERO, 0));

        stopped.arrive(1, 1).flush().after(AGE_MAX).tick();

        assertThat(stopped.sealed()).isEmpty();
        assertThat(stopped.state().queue().items()).isEqualTo(2);
    }

    @Test
    void aFlushClosesThePresentWindowOnly() {
        lane.arrive(1, 1).flush().arrive(1).tick();

        assertThat(lane.sealed()).extracting(Batch::by, Batch::numbers).containsExactly(closed(ClosedBy.FLUSH, 0, 1));
        assertThat(lane.waiting()).extracting(Item::number).containsExactly(2);
    }

    @Test
    void aFlushWithoutQuotaIsNotForgotten() {
        lane.arrive(ones(8)).arrive(1).flush();
        assertThat(lane.sealed()).hasSize(2);

        lane.settle();

        assertThat(lane.sealed().getLast())
                .extracting(Batch::by, Batch::numbers)
                .containsExactly(ClosedBy.FLUSH, List.of(8));
    }

    @Test
    void aFlushOfAnEmptyLaneChangesNothingThatComesLater() {
        lane.flush().arrive(1).tick();

        assertThat(lane.sealed()).isEmpty();
    }

    @Test
    void aRequestWhoseLifeEndedIsLeftOutOfTheBatch() {
        lane.arrive(1).arrive(MILLI, 1).arrive(1);
        lane.after(MILLI).arrive(1, 1);

        assertThat(lane.expired()).extracting(Item::number).containsExactly(1);
        assertThat(lane.sealed()).extracting(Batch::numbers).containsExactly(List.of(0, 2, 3, 4));
        assertThat(lane.state().queue().bytes()).isZero();
    }

    @Test
    void aRequestLivesUntilTheInstantItsLifeEnds() {
        lane.arrive(AGE_MAX, 1).after(AGE_MAX.minus(MILLI)).tick();
        assertThat(lane.expired()).isEmpty();

        lane.after(MILLI).tick();

        assertThat(lane.expired()).hasSize(1);
        assertThat(lane.sealed()).isEmpty();
    }

    @Test
    void requestsExpireWhileTheirWindowWaitsForQuota() {
        lane.arrive(ones(8)).arrive(MILLI, 1, 1).arrive(1);

        lane.after(MILLI).tick();

        assertThat(lane.expired()).extracting(Item::number).containsExactly(8, 9);
        assertThat(lane.waiting()).extracting(Item::number).containsExactly(10);
        assertThat(lane.state().queue().headExpiresAt()).isAfter(lane.now());
    }

    @Test
    void aWindowOfNothingButExpiredRequestsMakesNoBatch() {
        lane.arrive(MILLI, 1, 1, 1).after(MILLI).flush();

        assertThat(lane.expired()).hasSize(3);
        assertThat(lane.sealed()).isEmpty();
        assertThat(lane.state().inFlight()).isZero();
        assertThat(lane.state().queue()).isEqualTo(emptyAfter(1));
    }

    @Test
    void oneStepIsBoundedAndTheNextTickGoesOn() {
        var small = new LaneUnderTest(new LaneLimits(10_000, Long.MAX_VALUE, AGE_MAX, 1_000));

        small.arrive(ones(70_000));
        assertThat(small.sealed()).hasSize(LaneCore.ITEMS_PER_STEP_MAX / 10_000);

        small.tick();

        assertThat(small.sealed()).hasSize(7).allMatch(batch -> batch.items().size() == 10_000);
    }

    @Test
    void aWindowThatDoesNotFitIntoTheStepIsNotSealedInPart() {
        var large = new LaneUnderTest(new LaneLimits(30_000, Long.MAX_VALUE, AGE_MAX, 1_000));

        large.arrive(ones(70_000)).tick();

        assertThat(large.sealed()).hasSize(2).allMatch(batch -> batch.items().size() == 30_000);
    }

    @Test
    void itemsThatAreDelayedAreInNoWindowUntilTheyAreDue() {
        var fourth = new LaneUnderTest.Item(99, 1, LaneUnderTest.START.plus(AGE_MAX.multipliedBy(2)));
        lane.arrive(1, 1, 1).delay(List.of(fourth)).flush().after(AGE_MAX).tick();
        assertThat(lane.sealed()).extracting(Batch::numbers).containsExactly(List.of(0, 1, 2));
        assertThat(lane.state().delayed()).isEqualTo(1);

        lane.due().tick();
        assertThat(lane.sealed()).hasSize(1);
        lane.arrive(1, 1, 1);

        assertThat(lane.sealed()).extracting(Batch::by, Batch::numbers).contains(closed(ClosedBy.COUNT, 99, 3, 4, 5));
        assertThat(lane.state().delayed()).isZero();
    }

    @Test
    void aLaneWithDelayedItemsIsNotEmpty() {
        lane.delay(List.of(new LaneUnderTest.Item(0, 1, LaneUnderTest.START.plus(AGE_MAX))));

        assertThat(lane.state().isEmpty()).isFalse();
    }

    @Test
    void aDelayIsNeitherPastNorLongerThanTheLongest() {
        var now = LaneUnderTest.START;

        assertThat(LaneCore.delayedUntil(now, now)).isEmpty();
        assertThat(LaneCore.delayedUntil(now.plus(MILLI), now)).contains(now.plus(MILLI));
        assertThat(LaneCore.delayedUntil(now.plus(LaneCore.DELAY_MAX).plus(MILLI), now))
                .contains(now.plus(LaneCore.DELAY_MAX));
    }

    private static LaneState.Queue emptyAfter(long chunks) {
        var none = LaneState.NEW.queue();
        return new LaneState.Queue(chunks, 0, chunks, 0, 0, none.headArrivedAt(), none.headExpiresAt());
    }

    private static int[] ones(int count) {
        return IntStream.generate(() -> 1).limit(count).toArray();
    }

    private static Tuple closed(ClosedBy by, Integer... numbers) {
        return Tuple.tuple(by, List.of(numbers));
    }

    private static LaneUnderTest sparse(boolean leaves) {
        return new LaneUnderTest(
                new LaneLimits(10, 1_000, Long.MAX_VALUE, AGE_MAX, 3, leaves, AGE_MAX.multipliedBy(2), 2));
    }

    private static List<Item> mayLeave(LaneUnderTest lane, boolean... which) {
        var items = new ArrayList<Item>();
        for (var may : which) {
            items.add(new Item(items.size(), 1, lane.now().plus(AGE_MAX.multipliedBy(9)), may, null));
        }
        return items;
    }

    @Test
    void tooFewRequestsWaitForMoreButNotForEver() {
        var lane = sparse(false);
        lane.arrive(mayLeave(lane, true, true)).after(AGE_MAX).tick();
        assertThat(lane.sealed()).isEmpty();

        lane.after(AGE_MAX.minus(MILLI)).tick();
        assertThat(lane.sealed()).isEmpty();
        lane.after(MILLI).tick();
        assertThat(lane.sealed()).extracting(Batch::by, Batch::numbers).containsExactly(closed(ClosedBy.AGE, 0, 1));
        assertThat(lane.diverted()).isEmpty();
    }

    @Test
    void ofTooFewRequestsThoseThatMayLeaveDo() {
        var lane = sparse(true);
        lane.arrive(mayLeave(lane, true, false)).after(AGE_MAX).tick();

        assertThat(lane.diverted()).extracting(Item::number).containsExactly(0);
        assertThat(lane.sealed()).extracting(Batch::by, Batch::numbers).containsExactly(closed(ClosedBy.AGE, 1));
        assertThat(lane.state().queue().items()).isZero();
        assertThat(lane.state().queue().bytes()).isZero();
    }

    @Test
    void nothingIsSealedWhereAllLeave() {
        var lane = sparse(true);
        lane.arrive(mayLeave(lane, true, true)).after(AGE_MAX).tick();

        assertThat(lane.diverted()).hasSize(2);
        assertThat(lane.sealed()).isEmpty();
        assertThat(lane.state().inFlight()).isZero();
    }

    @Test
    void whereThereAreEnoughNobodyLeaves() {
        var lane = sparse(true);
        lane.arrive(mayLeave(lane, true, true, true)).after(AGE_MAX).tick();

        assertThat(lane.diverted()).isEmpty();
        assertThat(lane.sealed()).extracting(Batch::by, Batch::numbers).containsExactly(closed(ClosedBy.AGE, 0, 1, 2));
    }

    @Test
    void aFlushIsForTooFewAsWell() {
        var lane = sparse(true);
        lane.arrive(mayLeave(lane, true)).flush();

        assertThat(lane.diverted()).isEmpty();
        assertThat(lane.sealed()).extracting(Batch::by, Batch::numbers).containsExactly(closed(ClosedBy.FLUSH, 0));
    }

    @Test
    void theAgeOfAWindowIsThatOfWhatStillWaits() {
        var lane = new LaneUnderTest(LIMITS);
        var soon = lane.now().plusSeconds(30);
        lane.arrive(List.of(new LaneUnderTest.Item(0, 1, soon.plusSeconds(6_000), false, soon)));
        lane.after(AGE_MAX.dividedBy(2));
        var later = lane.now();
        lane.arrive(List.of(new LaneUnderTest.Item(1, 1, soon.plusSeconds(6_000))));

        lane.deadlinesNear(Duration.ofSeconds(60));

        assertThat(lane.state().queue().headArrivedAt()).isEqualTo(later);
        lane.after(AGE_MAX.dividedBy(2)).tick();
        assertThat(lane.sealed()).isEmpty();
        lane.after(AGE_MAX.dividedBy(2)).tick();
        assertThat(lane.sealed()).hasSize(1);
    }

    @Test
    void whatLeavesFromAmongTheOthersIsNotSealedAndWhenAllHaveLeftNothingIsKept() {
        var lane = new LaneUnderTest(LIMITS);
        var soon = lane.now().plusSeconds(30);
        var items = List.of(
                new LaneUnderTest.Item(0, 1, soon.plusSeconds(600), false, soon),
                new LaneUnderTest.Item(1, 1, soon.plusSeconds(600), false, null),
                new LaneUnderTest.Item(2, 1, soon.plusSeconds(600), false, soon));
        lane.arrive(items).deadlinesNear(Duration.ofSeconds(30));
        assertThat(lane.hastened()).as("a batch would be in time").isEmpty();

        lane.deadlinesNear(Duration.ofSeconds(31)).flush();

        assertThat(lane.hastened()).containsExactly(items.get(0), items.get(2));
        assertThat(lane.sealed())
                .singleElement()
                .satisfies(batch -> assertThat(batch.numbers()).containsExactly(1));

        lane.arrive(List.of(items.get(0), items.get(2))).deadlinesNear(Duration.ofSeconds(31));
        assertThat(lane.state().queue().firstSeq())
                .isEqualTo(lane.state().queue().nextSeq());
    }
}
