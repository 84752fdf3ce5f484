package dev.halfrate.processor.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.ops.TransactionAges.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class TransactionAgesTest {
    private static final Instant START = Instant.parse("2026-05-01T12:00:00Z");
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final TopicPartition FIRST = new TopicPartition("t", 0);
    private static final TopicPartition SECOND = new TopicPartition("t", 1);

    private final TransactionAges ages = new TransactionAges();

    @Test
    void oneThatIsStillThereGrowsOldAndTheOldestCounts() {
        ages.seen(FIRST, List.of(new Transaction(7, 100)), START);
        assertThat(ages.oldest("t")).isZero();

        ages.seen(FIRST, List.of(new Transaction(7, 100), new Transaction(8, 120)), START.plus(MINUTE));
        ages.seen(SECOND, List.of(new Transaction(9, 5)), START.plus(MINUTE));

        assertThat(ages.oldest("t")).isEqualTo(MINUTE);
        assertThat(ages.oldest("another")).isZero();
    }

    @Test
    void theNextOneOfTheSameWriterIsAnotherOne() {
        ages.seen(FIRST, List.of(new Transaction(7, 100)), START);
        ages.seen(FIRST, List.of(new Transaction(7, 105)), START.plus(MINUTE));

        assertThat(ages.oldest("t")).isZero();
    }

    @Test
    void oneThatHasEndedIsForgotten() {
        ages.seen(FIRST, List.of(new Transaction(7, 100)), START);
        ages.seen(FIRST, List.of(), START.plus(MINUTE));
        ages.seen(FIRST, List.of(new Transaction(7, 100)), START.plus(MINUTE.multipliedBy(2)));

        assertThat(ages.oldest("t")).isZero();
    }

    /** A broker that does not answer says nothing about them: neither that they have ended, nor that they go on. */
    @Test
    void aPartitionThatIsNotLookedAtKeepsWhatItHadAndGrowsNoOlder() {
        ages.seen(FIRST, List.of(new Transaction(7, 100)), START);
        ages.seen(FIRST, List.of(new Transaction(7, 100)), START.plus(MINUTE));
        ages.seen(SECOND, List.of(), START.plus(MINUTE.multipliedBy(9)));

        assertThat(ages.oldest("t")).isEqualTo(MINUTE);
    }
}
