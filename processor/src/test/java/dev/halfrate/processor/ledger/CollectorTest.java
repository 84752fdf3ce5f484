package dev.halfrate.processor.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.ItemReport;
import dev.halfrate.processor.batch.ItemReport.Finding;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.UpstreamId;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CollectorTest {
    private static final Batch BATCH = Refs.sealed(3);
    private static final String TAG = BATCH.attempt().tag();
    private static final ResultLine.LineError ERROR = new ResultLine.LineError("bad", "no", true);

    private final LinkedBlockingQueue<Mailbox.Letter> letters = new LinkedBlockingQueue<>();
    private final Collector collector =
            new Collector(BATCH, Refs.items("a", "b", "c"), letters::add, ActorClock.system());

    private static ResultLine answered(String upstreamId, int bytes) {
        return new ResultLine.Answered(upstreamId, 200, new byte[bytes], new Usage(1, 0, 0, 2), null);
    }

    private static String id(int item) {
        return new UpstreamId(TAG, item).text();
    }

    private List<Finding> findings(ResultLine... lines) throws InterruptedException {
        for (var line : lines) {
            collector.accept(line);
        }
        collector.flush();
        return letters.stream()
                .flatMap(letter -> letter.seen().stream())
                .map(SeenItem::finding)
                .toList();
    }

    @Test
    void everyKindOfLineIsFoundOut() throws InterruptedException {
        var passing = new ResultLine.LineError("busy", "no", false);

        assertThat(findings(
                        answered(id(0), 1),
                        new ResultLine.Answered(id(1), 400, new byte[1], null, ERROR),
                        new ResultLine.Answered(id(1), 500, new byte[1], null, passing),
                        new ResultLine.NotExecuted(id(2), ResultLine.Cause.EXPIRED, passing),
                        new ResultLine.NotExecuted(id(2), ResultLine.Cause.CANCELLED, passing),
                        new ResultLine.NotExecuted(id(2), ResultLine.Cause.OTHER, passing),
                        new ResultLine.NotExecuted(id(2), ResultLine.Cause.OTHER, ERROR)))
                .containsExactly(
                        Finding.SUCCEEDED,
                        Finding.FAILED_FOR_GOOD,
                        Finding.FAILED_FOR_NOW,
                        Finding.NOT_EXECUTED_EXPIRED,
                        Finding.NOT_EXECUTED_CANCELLED,
                        Finding.FAILED_FOR_NOW,
                        Finding.FAILED_FOR_GOOD);
    }

    @Test
    void anAnswerTooLargeForAResultFailsAloneAndItsTokensCount() throws InterruptedException {
        var findings =
                findings(answered(id(0), Collector.BODY_BYTES_MAX + 1), answered(id(1), Collector.BODY_BYTES_MAX));

        assertThat(findings).containsExactly(Finding.FAILED_FOR_GOOD, Finding.SUCCEEDED);
        var tooLarge = letters.element().seen().getFirst();
        assertThat(tooLarge.body()).isNull();
        assertThat(tooLarge.usage()).isEqualTo(new Usage(1, 0, 0, 2));
        assertThat(Objects.requireNonNull(tooLarge.failure()).code()).isEqualTo("result_too_large");
    }

    @Test
    void linesOfOthersAndCorruptOnesAreLeftOutAndCostNoOther() throws InterruptedException {
        var findings = findings(
                new ResultLine.Corrupt(1, "not JSON"),
                answered("request-1", 1),
                answered("aaaaaaaaaaaaaaaa-000000", 1),
                answered(id(3), 1),
                answered("", 1),
                answered(id(1), 1));

        assertThat(findings).containsExactly(Finding.SUCCEEDED);
        assertThat(letters.element().seen().getFirst().item().item()).isOne();
    }

    @Test
    void theReportIsAboutTheItemsThatAreSeen() throws InterruptedException {
        findings(answered(id(2), 5));

        var letter = letters.element();
        assertThat(letter.event())
                .isInstanceOfSatisfying(
                        BatchEvent.Reported.class,
                        reported -> assertThat(reported.reports())
                                .containsExactly(
                                        new ItemReport(2, Finding.SUCCEEDED, 0, 0, false, new Usage(1, 0, 0, 2))));
        assertThat(letter.seen().getFirst().body()).hasSize(5);
    }

    @Test
    void aDownloadWaitsForTheActorWhenTwoLettersAreOnTheirWay() throws Exception {
        var download = Thread.ofVirtual().start(() -> {
            try {
                for (var i = 0; i < 3; i++) {
                    collector.accept(answered(id(i), 9 << 20));
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        var first = letters.poll(10, TimeUnit.SECONDS);
        letters.poll(10, TimeUnit.SECONDS);
        await().until(() -> download.getState() == Thread.State.WAITING);
        assertThat(letters).isEmpty();

        first.handled().run();

        assertThat(letters.poll(10, TimeUnit.SECONDS)).isNotNull();
        download.join();
    }

    @Test
    void nothingSeenIsNoLetter() throws InterruptedException {
        assertThat(findings()).isEmpty();
        assertThat(letters).isEmpty();
    }
}
