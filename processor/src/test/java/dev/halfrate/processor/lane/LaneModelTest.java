package dev.halfrate.processor.lane;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.lane.LaneUnderTest.Item;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random lives of a lane, watched from outside. */
class LaneModelTest {
    private static final int EVENTS = 300;

    static Stream<Long> seeds() {
        return Stream.iterate(1L, seed -> seed + 1).limit(100);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void everyItemLeavesOnceInOrderAndWithinTheLimits(long seed) {
        var random = new SplittableRandom(seed);
        var requestsMax = random.nextInt(1, 20);
        var ageMax = Duration.ofSeconds(random.nextInt(1, 60));
        var limits = new LaneLimits(
                requestsMax,
                random.nextInt(100, 2_000),
                Long.MAX_VALUE,
                ageMax,
                random.nextInt(1, requestsMax + 1),
                random.nextBoolean(),
                ageMax.multipliedBy(random.nextInt(1, 4)),
                random.nextInt(1, 4));
        var guarantee = new Guarantee(limits, new LaneUnderTest(limits));
        for (var event = 0; event < EVENTS; event++) {
            guarantee.happens(random);
            guarantee.check();
        }
        guarantee.drain();
    }

    /** No batch beyond its limits, nothing lost, nothing twice, nothing dead sealed, the first first. */
    private static final class Guarantee {
        private final LaneLimits limits;
        private final LaneUnderTest lane;
        private final List<Item> came = new ArrayList<>();
        /** Places in the lane's order by items' numbers. */
        private final Map<Integer, Integer> places = new HashMap<>();

        private int checkedBatches;
        private int checkedExpired;
        private int lastSealed = -1;

        Guarantee(LaneLimits limits, LaneUnderTest lane) {
            this.limits = limits;
            this.lane = lane;
        }

        void happens(SplittableRandom random) {
            lane.after(Duration.ofMillis(random.nextInt(3_000)));
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> {
                    var chunk = chunk(random);
                    queue(chunk);
                    lane.arrive(chunk);
                }
                case 3 -> lane.flush();
                case 4, 5 -> lane.tick();
                case 6 -> lane.delay(chunk(random));
                case 7 -> due();
                case 9 -> {
                    if (!lane.waiting().isEmpty()) {
                        lane.withdraw(
                                lane.waiting().get(random.nextInt(lane.waiting().size())));
                    }
                }
                case 8 -> {
                    var within = Duration.ofSeconds(random.nextInt(60));
                    var until = lane.now().plus(within);
                    lane.deadlinesNear(within);
                    assertThat(lane.waiting()).noneMatch(item -> isBy(item, until));
                    assertThat(lane.hastened()).allMatch(item -> item.deadline() != null);
                }
                default -> {
                    if (lane.state().inFlight() > 0) {
                        lane.settle();
                    }
                }
            }
        }

        private static boolean isBy(Item item, Instant until) {
            var deadline = item.deadline();
            return deadline != null && deadline.isBefore(until);
        }

        private List<Item> chunk(SplittableRandom random) {
            var chunk = new ArrayList<Item>();
            for (var size = random.nextInt(1, 40); size > 0; size--) {
                var expiresAt = lane.now().plusMillis(random.nextInt(0, 200_000));
                var item = new Item(
                        came.size(),
                        random.nextInt(1, 300),
                        expiresAt,
                        random.nextBoolean(),
                        random.nextInt(4) > 0 ? null : lane.now().plusMillis(random.nextInt(0, 200_000)));
                came.add(item);
                chunk.add(item);
            }
            return chunk;
        }

        private void due() {
            if (!lane.delayed().isEmpty()) {
                queue(lane.delayed().getFirst());
                lane.due();
            }
        }

        private void queue(List<Item> chunk) {
            chunk.forEach(item -> places.put(item.number(), places.size()));
        }

        void check() {
            for (; checkedBatches < lane.sealed().size(); checkedBatches++) {
                var batch = lane.sealed().get(checkedBatches);
                assertThat(batch.items()).isNotEmpty().hasSizeLessThanOrEqualTo(limits.requestsMax());
                assertThat(batch.bytes())
                        .isEqualTo(batch.items().stream()
                                .mapToLong(Item::lineBytes)
                                .sum());
                assertThat(batch.items().size() == 1 || batch.bytes() <= limits.bytesMax())
                        .isTrue();
                for (var item : batch.items()) {
                    var place = requireNonNull(places.get(item.number()));
                    assertThat(place).isGreaterThan(lastSealed);
                    assertThat(item.expiresAt()).isAfter(lane.now());
                    lastSealed = place;
                }
            }
            for (; checkedExpired < lane.expired().size(); checkedExpired++) {
                assertThat(lane.expired().get(checkedExpired).expiresAt()).isBeforeOrEqualTo(lane.now());
            }
            var queue = lane.state().queue();
            assertThat(lane.state().inFlight()).isBetween(0, limits.batchesInFlightMax());
            assertThat(queue.items()).isEqualTo(lane.waiting().size());
            assertThat(queue.bytes())
                    .isEqualTo(
                            lane.waiting().stream().mapToLong(Item::lineBytes).sum());
            var left = Stream.of(
                            lane.sealed().stream().flatMap(batch -> batch.items().stream()),
                            lane.expired().stream(),
                            lane.diverted().stream(),
                            lane.hastened().stream(),
                            lane.withdrawn().stream())
                    .flatMap(Function.identity());
            assertThat(lane.diverted()).allMatch(Item::mayLeave);
            assertThat(lane.diverted().isEmpty() || limits.leaves()).isTrue();
            var delayed = lane.delayed().stream().flatMap(List::stream).toList();
            assertThat(lane.state().delayed()).isEqualTo(delayed.size());
            var present = Stream.concat(lane.waiting().stream(), delayed.stream());
            var numbers =
                    Stream.concat(left, present).map(Item::number).sorted().toList();
            assertThat(numbers).isEqualTo(came.stream().map(Item::number).toList());
            assertNothingClosedWaitsForNothing();
        }

        private void assertNothingClosedWaitsForNothing() {
            if (lane.state().inFlight() < limits.batchesInFlightMax()) {
                assertThat(lane.waiting().size()).isLessThan(limits.requestsMax());
                assertThat(lane.state().queue().bytes()).isLessThan(limits.bytesMax());
            }
        }

        void drain() {
            while (!lane.waiting().isEmpty() || !lane.delayed().isEmpty()) {
                due();
                lane.flush();
                if (lane.state().inFlight() > 0) {
                    lane.settle();
                }
                check();
            }
        }
    }
}
