package dev.halfrate.processor.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchTest {
    @Test
    void aTagDependsOnBatchAndNumberAlone() {
        assertThat(Attempt.open("batch-7", 1)).isEqualTo(Attempt.open("batch-7", 1));
        assertThat(Attempt.open("batch-7", 1).tag()).isEqualTo("2xb7orbbq5eb7cia");
    }

    @Test
    void noTwoAttemptsShareATag() {
        var tags = new HashSet<String>();
        for (var batch = 0; batch < 2_000; batch++) {
            for (var number = 1; number <= 20; number++) {
                tags.add(Attempt.open("pool-" + batch, number).tag());
            }
        }
        assertThat(tags).hasSize(40_000).allMatch(tag -> tag.matches("[a-z2-7]{16}"));
    }

    @Test
    void attemptsAreBoundedAndKeepTheirNumbersAndDoubts() {
        var batch = Examples.in(new BatchState.Sealed());
        batch = batch.with(batch.attempt().ended(Attempt.Outcome.REVOKED)).withNextAttempt();
        for (var i = 0; i < 50; i++) {
            batch = batch.with(batch.attempt().ended(Attempt.Outcome.REFUSED)).withNextAttempt();
        }

        assertThat(batch.attempts()).hasSize(LifecycleSettings.ATTEMPTS_MAX);
        assertThat(batch.attempt().number()).isEqualTo(52);
        assertThat(batch.attempts().getFirst().outcome()).isEqualTo(Attempt.Outcome.REVOKED);
        assertThat(batch.doubts()).isOne();
    }

    @Test
    void bitsAreSharedByNobody() {
        var some = ItemBits.of(1, 9);
        var more = some.with(IntStream.of(3));

        assertThat(some.count()).isEqualTo(2);
        assertThat(more.missing(10)).containsExactly(0, 2, 4, 5, 6, 7, 8);
        assertThat(more.has(9)).isTrue();
        assertThat(more.has(10)).isFalse();
    }

    @Test
    void itemZeroIsBitZeroOfByteZero() {
        assertThat(ItemBits.of(0, 9).toBytes()).containsExactly(1, 2);
        assertThat(ItemBits.of(new byte[] {1, 2})).isEqualTo(ItemBits.of(0, 9));
        assertThat(ItemBits.of(new byte[0])).isEqualTo(ItemBits.NONE);
        assertThat(ItemBits.NONE.toBytes()).isEmpty();
    }

    @Test
    void aTallyCountsEachEndOnceAndAllTokens() {
        var tally = Tally.ZERO;
        for (var kind : ItemEnd.Kind.values()) {
            tally = tally.plus(new ItemEnd(0, kind, "", Examples.SPEND));
        }

        var five = new Spend(5, 500, new Usage(50, 20, 0, 15), new Cost(new Usd(25), new Usd(50), new Usd(35)), 0);
        assertThat(tally).isEqualTo(new Tally(1, 1, 1, 1, 1, 0, new Spending(five, Map.of())));
        assertThat(tally.done()).isEqualTo(5);
    }

    @Test
    void labelsAreToldApartUpToSomeNumber() {
        var spending = Spending.NONE;
        for (var tag = 0; tag <= Spending.TAGS_MAX; tag++) {
            spending = spending.plus("tag-" + tag, Examples.SPEND);
        }
        spending = spending.plus("tag-0", Examples.SPEND).plus("", Examples.SPEND);

        assertThat(spending.byTag()).hasSize(Spending.TAGS_MAX + 1).containsKey(Spending.OTHERS);
        assertThat(spending.byTag()).containsEntry("tag-0", Examples.SPEND.plus(Examples.SPEND));
        assertThat(spending.total().answers()).isEqualTo(Spending.TAGS_MAX + 3);
        assertThat(spending.plus(spending).byTag())
                .containsOnlyKeys(spending.byTag().keySet());
    }

    @Test
    void waitsDoubleUpToTheirMaximum() {
        var settings = Examples.SETTINGS;

        assertThat(List.of(0, 1, 2, 3, 9, 10, 1_000).stream().map(settings::retryDelay))
                .containsExactly(
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(4),
                        Duration.ofSeconds(256),
                        Duration.ofMinutes(5),
                        Duration.ofMinutes(5));
        assertThat(List.of(0, 1, 2, 1_000).stream().map(settings::pollDelay))
                .containsExactly(
                        Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofSeconds(60));
    }

    @Test
    void aHeaderNeedsItemsAndChunks() {
        assertThatThrownBy(() -> Examples.header("batch-7", 0, 1)).hasMessage("batch batch-7 without items or chunks");
    }
}
