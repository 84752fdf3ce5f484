package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.batch.ItemEnd;
import dev.halfrate.processor.batch.ItemReport.Finding;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PublicationsTest {
    private static final InternalFormat<Signal> SIGNAL = InternalFormat.SIGNAL;

    private final Publications publications =
            new Publications(account -> "openai", List.of(Duration.ofMinutes(1), Duration.ofMinutes(5)));

    private static SeenItem seen(int item, Finding finding, int attempts) {
        var example = Refs.item(item, 0, item, "{}");
        var ref = Ref.newBuilder(example.ref()).setAttempts(attempts).build();
        return SeenItem.without(new ManifestItem(item, example.source(), ref), finding, "code", "message");
    }

    private List<RefChunk> returned(SeenItem... items) {
        return publications.returned(Refs.sealed(items.length), List.of(items), Examples.NOW).stream()
                .map(signal -> SIGNAL.decode(SIGNAL.encode(signal.signal())))
                .map(signal -> Objects.requireNonNull(signal.getReturned()))
                .toList();
    }

    @Test
    void whoFailedMoreOftenWaitsLonger() {
        var chunks = returned(
                seen(0, Finding.FAILED_FOR_NOW, 1),
                seen(1, Finding.FAILED_FOR_NOW, 0),
                seen(2, Finding.FAILED_FOR_NOW, 7),
                seen(3, Finding.FAILED_FOR_NOW, 0));

        assertThat(chunks)
                .extracting(RefChunk::getNotBefore)
                .containsExactly(
                        Examples.NOW.plusSeconds(60).toEpochMilli(),
                        Examples.NOW.plusSeconds(300).toEpochMilli());
        assertThat(chunks.getFirst().getRefs()).extracting(Ref::getCustomId).containsExactly("request-1", "request-3");
        assertThat(chunks.getFirst().getRefs()).extracting(Ref::getAttempts).containsOnly(1);
        assertThat(chunks.getLast().getRefs()).extracting(Ref::getAttempts).containsExactly(2, 8);
    }

    @Test
    void whatItCostUntilNowGoesBackWithIt() {
        var example = Refs.item(0, 0, 0, "{}");
        var ref = Ref.newBuilder(example.ref()).setSpentPicos(5).build();
        var spend = new Spend(1, 10, new Usage(1, 0, 0, 1), new Cost(new Usd(7), new Usd(14), new Usd(7)), 0);
        var failure = new Result.Failure("output_invalid", "message", false);

        var chunks = returned(new SeenItem(
                new ManifestItem(0, example.source(), ref), Finding.FAILED_FOR_NOW, spend, 200, null, null, failure));

        assertThat(chunks.getFirst().getRefs()).extracting(Ref::getSpentPicos).containsExactly(12L);
        assertThat(Result.Request.of(chunks.getFirst().getRefs().getFirst()).spent())
                .isEqualTo(new Usd(12));
    }

    @Test
    void whatNobodyExecutedComesAtOnceAndSpendsNoAttempt() {
        var chunks = returned(
                seen(0, Finding.NOT_EXECUTED_EXPIRED, 1),
                seen(1, Finding.NOT_EXECUTED_CANCELLED, 1),
                seen(2, Finding.MISSING, 1));

        assertThat(chunks).singleElement().satisfies(chunk -> {
            assertThat(chunk.getNotBefore()).isZero();
            assertThat(chunk.getRefs()).extracting(Ref::getAttempts).containsOnly(1);
            assertThat(chunk.getRefs()).extracting(Ref::getMissing).containsExactly(0, 0, 1);
        });
    }

    @Test
    void largeOnesGoBackInAsManySignalsAsLanesCanKeep() {
        var example = Refs.item(0, 0, 0, "{}");
        var echo = Map.of("x", "測".repeat(500), "y", "測".repeat(500));
        var ref = Ref.newBuilder(example.ref()).setEcho(echo).build();
        var items = Stream.generate(() -> SeenItem.without(
                        new ManifestItem(0, example.source(), ref), Finding.NOT_EXECUTED_EXPIRED, "code", "message"))
                .limit(1_000)
                .toArray(SeenItem[]::new);

        var signals = publications.returned(Refs.sealed(1_000), List.of(items), Examples.NOW);

        assertThat(signals)
                .allSatisfy(signal -> assertThat(SIGNAL.encode(signal.signal())).hasSizeLessThan(600 * 1024))
                .hasSizeLessThan(10);
        assertThat(signals.stream()
                        .mapToInt(
                                signal -> Objects.requireNonNull(signal.signal().getReturned())
                                        .getRefs()
                                        .size())
                        .sum())
                .isEqualTo(1_000);
    }

    @Test
    void manyGoBackInSeveralSignals() {
        var items = new ArrayList<SeenItem>();
        for (var item = 0; item < 2_500; item++) {
            items.add(seen(item, Finding.FAILED_FOR_NOW, item % 2));
        }

        assertThat(returned(items.toArray(SeenItem[]::new)))
                .extracting(chunk -> chunk.getRefs().size())
                .containsExactly(1_000, 250, 1_000, 250);
    }

    @Test
    void aResultCountsWhatTheVendorTriedAndNotWhatItLost() {
        var missing = seen(0, Finding.MISSING, 2);
        var failed = seen(0, Finding.FAILED_FOR_NOW, 2);
        var end = new ItemEnd(0, ItemEnd.Kind.FAILED, "", Spend.NONE);
        var batch = Refs.sealed(1);

        assertThat(publications
                        .result(batch, batch.calls(), end, missing, Examples.NOW)
                        .attempts())
                .isEqualTo(2);
        assertThat(publications
                        .result(batch, batch.calls(), end, failed, Examples.NOW)
                        .attempts())
                .isEqualTo(3);
    }
}
