package dev.halfrate.processor.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.callback.Deliveries.Delivery;
import dev.halfrate.processor.callback.Deliveries.Fate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class DeliveriesTest {
    private static final Instant NOW = Instant.parse("2026-11-22T08:00:00Z");
    private static final Duration RETRY_FOR = Duration.ofHours(24);
    private static final TopicPartition P0 = new TopicPartition("llm.batches", 0);
    private static final TopicPartition P1 = new TopicPartition("llm.batches", 1);
    private static final Reply OK = new Reply.Answered(204, null);
    private static final Reply ERROR = new Reply.Answered(500, null);
    private static final Reply SILENCE = new Reply.Silent("SocketException");

    private final Deliveries deliveries = deliveries(2);

    private static Deliveries deliveries(int inFlightMax) {
        return new Deliveries(
                new Deliveries.Limits(inFlightMax, 4, 100), new RetryRules(RETRY_FOR, new SplittableRandom(7)));
    }

    private static Event event(String batch, TopicPartition partition, long offset) {
        return new Event(batch + "-" + offset, batch, partition, offset, NOW, new byte[10]);
    }

    private List<String> due(Instant now) {
        return deliveries.due(now).stream().map(each -> each.event().id()).toList();
    }

    private Delivery onlyDue(Instant now) {
        var due = deliveries.due(now);
        assertThat(due).hasSize(1);
        return due.getFirst();
    }

    @Test
    void ofOneBatchTheNextWaitsUntilTheLastWasTaken() {
        deliveries.add(event("a", P0, 0), NOW);
        deliveries.add(event("a", P0, 1), NOW);
        deliveries.add(event("b", P0, 2), NOW);

        var first = deliveries.due(NOW);

        assertThat(first).extracting(each -> each.event().id()).containsExactly("a-0", "b-2");
        assertThat(deliveries.replied(first.get(1), OK, NOW)).isEqualTo(Fate.DELIVERED);
        assertThat(due(NOW)).isEmpty();
        assertThat(deliveries.replied(first.get(0), OK, NOW)).isEqualTo(Fate.DELIVERED);
        assertThat(due(NOW)).containsExactly("a-1");
    }

    @Test
    void whatFailedIsTriedAgainBeforeTheNextOfItsBatch() {
        deliveries.add(event("a", P0, 0), NOW);
        deliveries.add(event("a", P0, 1), NOW);

        assertThat(deliveries.replied(onlyDue(NOW), ERROR, NOW)).isEqualTo(Fate.RETRIED);

        assertThat(due(NOW)).isEmpty();
        var next = deliveries.nextDue().orElseThrow();
        assertThat(next).isBetween(NOW.plusSeconds(4), NOW.plusSeconds(5));
        assertThat(due(next.minusMillis(1))).isEmpty();
        assertThat(due(next)).containsExactly("a-0");
    }

    @Test
    void noMoreAreUnderWayThanMayBe() {
        for (var i = 0; i < 4; i++) {
            deliveries.add(event("batch" + i, P0, i), NOW);
        }

        assertThat(due(NOW)).hasSize(2);
        assertThat(due(NOW)).isEmpty();
        assertThat(deliveries.nextDue()).isEmpty();
    }

    @Test
    void waitsGrowUpToAnHour() {
        deliveries.add(event("a", P0, 0), NOW);
        var now = NOW;
        var waits = new long[14];
        for (var i = 0; i < waits.length; i++) {
            deliveries.replied(onlyDue(now), SILENCE, now);
            var next = deliveries.nextDue().orElseThrow();
            waits[i] = Duration.between(now, next).toSeconds();
            now = next;
        }

        for (var i = 0; i < waits.length; i++) {
            var whole = Math.min(5L << i, 3_600);
            assertThat(waits[i]).isBetween(whole * 8 / 10 - 1, whole);
        }
    }

    @Test
    void whatIsTooOldIsGivenUpAndTheNextFollows() {
        deliveries.add(event("a", P0, 0), NOW);
        deliveries.add(event("a", P0, 1), NOW);
        var now = NOW;
        var fate = Fate.RETRIED;
        var tries = 0;
        for (; fate == Fate.RETRIED; tries++) {
            fate = deliveries.replied(onlyDue(now), ERROR, now);
            var next = deliveries.nextDue().orElseThrow();
            now = next.isAfter(now) ? next : now;
        }

        assertThat(fate).isEqualTo(Fate.GIVEN_UP);
        assertThat(tries).isBetween(30, 45);
        assertThat(Duration.between(NOW, now)).isBetween(RETRY_FOR, RETRY_FOR.plusHours(1));
        assertThat(due(now)).containsExactly("a-1");
    }

    @Test
    void whatWasLateWhenItWasReadHasAFewTries() {
        deliveries.add(event("a", P0, 0), NOW);
        var now = NOW.plus(Duration.ofDays(3));
        for (var i = 1; i < RetryRules.TRIES_MIN; i++) {
            assertThat(deliveries.replied(onlyDue(now), ERROR, now)).isEqualTo(Fate.RETRIED);
            now = deliveries.nextDue().orElseThrow();
        }

        assertThat(deliveries.replied(onlyDue(now), ERROR, now)).isEqualTo(Fate.GIVEN_UP);
        assertThat(deliveries.pending()).isZero();
    }

    @Test
    void whatIsNewDoesNotPushAsideWhatIsTriedAgain() {
        deliveries.add(event("a", P0, 0), NOW);
        deliveries.replied(onlyDue(NOW), ERROR, NOW);
        var later = NOW.plusSeconds(10);
        for (var i = 1; i < 4; i++) {
            deliveries.add(event("batch" + i, P0, i), later);
        }

        assertThat(due(later)).containsExactly("a-0", "batch1-1");
    }

    @Test
    void anEndpointThatAsksForQuietHasIt() {
        deliveries.add(event("a", P0, 0), NOW);
        deliveries.replied(onlyDue(NOW), new Reply.Answered(429, Duration.ofMinutes(10)), NOW);
        deliveries.add(event("b", P0, 1), NOW);

        assertThat(due(NOW.plusSeconds(599))).isEmpty();
        assertThat(deliveries.nextDue()).contains(NOW.plus(Duration.ofMinutes(10)));
        assertThat(due(NOW.plusSeconds(600))).containsExactlyInAnyOrder("a-0", "b-1");
    }

    @Test
    void quietIsAnHourAtMost() {
        deliveries.add(event("a", P0, 0), NOW);
        deliveries.replied(onlyDue(NOW), new Reply.Answered(503, Duration.ofDays(400)), NOW);

        assertThat(deliveries.nextDue()).contains(NOW.plus(Duration.ofHours(1)));
    }

    @Test
    void whoIsGoneIsTold() {
        deliveries.add(event("a", P0, 0), NOW);

        assertThat(deliveries.replied(onlyDue(NOW), new Reply.Answered(410, null), NOW))
                .isEqualTo(Fate.GONE);
        deliveries.read(P0, 1);
        assertThat(deliveries.committable()).isEqualTo(Map.of(P0, 0L));
    }

    @Test
    void aRedirectIsNoAnswer() {
        deliveries.add(event("a", P0, 0), NOW);

        assertThat(deliveries.replied(onlyDue(NOW), new Reply.Answered(302, null), NOW))
                .isEqualTo(Fate.RETRIED);
    }

    @Test
    void offsetsAreCommittedUpToTheFirstThatIsNotTaken() {
        deliveries.add(event("a", P0, 3), NOW);
        deliveries.add(event("b", P0, 7), NOW);
        deliveries.read(P0, 10);
        deliveries.read(P1, 5);
        var due = deliveries.due(NOW);

        deliveries.replied(due.get(1), OK, NOW);
        assertThat(deliveries.committable()).isEqualTo(Map.of(P0, 3L, P1, 5L));

        deliveries.replied(due.get(0), OK, NOW);
        assertThat(deliveries.committable()).isEqualTo(Map.of(P0, 10L, P1, 5L));
    }

    @Test
    void itIsFullByCountAndByBytes() {
        for (var i = 0; i < 3; i++) {
            deliveries.add(event("a", P0, i), NOW);
        }
        assertThat(deliveries.isFull()).isFalse();
        deliveries.add(event("a", P0, 3), NOW);
        assertThat(deliveries.isFull()).isTrue();
        deliveries.drop(List.of(P0));
        assertThat(deliveries.isFull()).isFalse();
        deliveries.add(new Event("large", "b", P1, 0, NOW, new byte[100]), NOW);
        assertThat(deliveries.isFull()).isTrue();
        deliveries.replied(onlyDue(NOW), OK, NOW);
        assertThat(deliveries.isFull()).isFalse();
    }

    @Test
    void whatBelongsToAnotherProcessIsForgotten() {
        deliveries.add(event("a", P0, 0), NOW);
        deliveries.add(event("a", P0, 1), NOW);
        deliveries.add(event("b", P1, 0), NOW);
        var due = deliveries.due(NOW);

        deliveries.drop(List.of(P0));

        assertThat(deliveries.replied(due.get(0), OK, NOW)).isEqualTo(Fate.FORGOTTEN);
        assertThat(deliveries.replied(due.get(1), OK, NOW)).isEqualTo(Fate.DELIVERED);
        assertThat(due(NOW)).isEmpty();
        assertThat(deliveries.committable()).containsOnlyKeys(P1);
        assertThat(deliveries.inFlight()).isZero();
    }

    /** Whatever happens, what is told of a batch is in its order, and offsets never pass what was not told. */
    @Test
    void orderHoldsInAnyRun() {
        for (var seed = 0; seed < 500; seed++) {
            new Run(seed).hold();
        }
    }

    private static final class Run {
        private final SplittableRandom random;
        private final Deliveries deliveries = deliveries(3);
        private final long[] lastTold = new long[4];
        private final TreeSet<Long> told = new TreeSet<>();
        private final List<Delivery> inFlight = new ArrayList<>();
        private final int seed;
        private Instant now = NOW;
        private long next;

        Run(int seed) {
            this.seed = seed;
            this.random = new SplittableRandom(seed);
            Arrays.fill(lastTold, -1);
        }

        void hold() {
            for (var step = 0; step < 300; step++) {
                switch (random.nextInt(4)) {
                    case 0 -> {
                        deliveries.add(event(String.valueOf(random.nextInt(lastTold.length)), P0, next++), now);
                        deliveries.read(P0, next);
                    }
                    case 1 -> inFlight.addAll(deliveries.due(now));
                    case 2 -> answer();
                    default -> now = now.plusSeconds(random.nextInt(20));
                }
                assertThat(inFlight).as("seed %d", seed).hasSizeLessThanOrEqualTo(3);
                var committable = deliveries.committable().getOrDefault(P0, 0L);
                for (var offset = 0L; offset < committable; offset++) {
                    assertThat(told).as("seed %d", seed).contains(offset);
                }
            }
        }

        private void answer() {
            if (inFlight.isEmpty()) {
                return;
            }
            var delivery = inFlight.remove(random.nextInt(inFlight.size()));
            var batch = Integer.parseInt(delivery.event().order());
            assertThat(delivery.event().offset()).as("seed %d", seed).isGreaterThan(lastTold[batch]);
            if (deliveries.replied(delivery, random.nextBoolean() ? OK : ERROR, now) == Fate.DELIVERED) {
                lastTold[batch] = delivery.event().offset();
                told.add(delivery.event().offset());
            }
        }
    }
}
