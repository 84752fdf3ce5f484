package dev.halfrate.processor.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.ItemReport;
import dev.halfrate.processor.batch.ItemReport.Finding;
import dev.halfrate.processor.codec.QuarantinedLine;
import dev.halfrate.processor.config.ResultRuleConfig;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.output.OutputRules;
import dev.halfrate.processor.provider.RawLine;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.UpstreamId;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.Ref;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollectorTest {
    private static final Batch BATCH = Refs.sealed(3);
    private static final String TAG = BATCH.attempt().tag();
    private static final ResultLine.LineError ERROR = new ResultLine.LineError("bad", "no", true);

    private final LinkedBlockingQueue<Mailbox.Letter> letters = new LinkedBlockingQueue<>();
    private long number;
    private final Collector collector = new Collector(
            BATCH,
            Refs.items("a", "b", "c"),
            Optional.empty(),
            OutputRules.NONE,
            new Download(),
            8 << 20,
            letters::add,
            ActorClock.system());

    /** Avro copies our classes once they were looked at. */
    @BeforeAll
    static void know() {
        assertThat(InternalFormat.REF_CHUNK).isNotNull();
    }

    private static ResultLine answered(String upstreamId, int bytes) {
        return new ResultLine.Answered(upstreamId, 200, new byte[bytes], new Usage(1, 0, 0, 2), null);
    }

    private static String id(int item) {
        return new UpstreamId(TAG, item).text();
    }

    private void accept(ResultLine line) throws InterruptedException {
        var raw = "secret".getBytes(UTF_8);
        collector.accept(line, RawLine.of(++number, raw, raw.length));
    }

    private List<QuarantinedLine> quarantined() {
        return letters.stream().flatMap(letter -> letter.quarantined().stream()).toList();
    }

    private List<Finding> findings(ResultLine... lines) throws InterruptedException {
        for (var line : lines) {
            accept(line);
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

    @ParameterizedTest
    @CsvSource({"0, FAILED_FOR_NOW", "1, FAILED_FOR_NOW", "2, FAILED_FOR_GOOD"})
    void anAnswerThatIsNotAsItsRuleWantsItIsAskedForAgain(int attempts, Finding finding) throws InterruptedException {
        var rules = OutputRules.of(List.of(new ResultRuleConfig(
                "json", List.of(), List.of(), List.of(), List.of(), "", ResultRuleConfig.Extract.JSON, "", 2)));
        var items = Refs.items("a", "b", "c").stream()
                .map(item -> new ManifestItem(
                        item.item(),
                        item.source(),
                        Ref.newBuilder(item.ref())
                                .setResultRule(item.item() < 2 ? "json" : "gone")
                                .setAttempts(attempts)
                                .build()))
                .toList();
        var judging = new Collector(
                BATCH, items, Optional.empty(), rules, new Download(), 8 << 20, letters::add, ActorClock.system());

        for (var text : List.of("{}", "prose", "prose")) {
            var body = "{\"choices\":[{\"message\":{\"content\":\"%s\"}}]}"
                    .formatted(text)
                    .getBytes(UTF_8);
            var line = new ResultLine.Answered(id((int) number), 200, body, new Usage(1, 0, 0, 2), null);
            judging.accept(line, RawLine.of(++number, body, body.length));
        }
        judging.flush();

        var seen = letters.element().seen();
        assertThat(seen).extracting(SeenItem::finding).containsExactly(Finding.SUCCEEDED, finding, Finding.SUCCEEDED);
        assertThat(new String(Objects.requireNonNull(seen.getFirst().output()).json(), UTF_8))
                .isEqualTo("{}");
        assertThat(Objects.requireNonNull(seen.get(1).failure()).code()).isEqualTo("output_invalid");
        assertThat(seen.get(1).spend().answers()).as("it was paid for").isOne();
        assertThat(seen.get(1).body()).isNotNull();
        assertThat(seen.getLast().output()).isNull();
    }

    @Test
    void anAnswerTooLongToBeReadFailsForGoodInsteadOfBeingBoughtAgain() throws InterruptedException {
        var findings = findings(new ResultLine.TooLong(id(0), 100_000_000), answered(id(1), 1));

        assertThat(findings).containsExactly(Finding.FAILED_FOR_GOOD, Finding.SUCCEEDED);
        var tooLarge = letters.element().seen().getFirst();
        assertThat(tooLarge.body()).isNull();
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
        assertThat(quarantined())
                .extracting(line -> line.line() + " " + line.reason())
                .containsExactly("1 UNREADABLE", "2 UNKNOWN_ID", "3 OTHER_BATCH", "4 OTHER_BATCH", "5 UNKNOWN_ID");
        assertThat(quarantined()).allSatisfy(line -> {
            assertThat(line.value()).isEqualTo("secret".getBytes(UTF_8));
            assertThat(line.sha256()).isEqualTo("2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b");
            assertThat(line.message()).doesNotContain("secret");
        });
    }

    @Test
    void aStrangeLineIsToldOfOnceAndItsBytesOnlyIfTheyAreFew() throws InterruptedException {
        collector.begin("file-1");
        var large = new byte[Collector.QUARANTINED_BYTES_MAX + 1];
        var corrupt = new ResultLine.Corrupt(1, "not JSON");
        for (var i = 0; i < 2; i++) {
            collector.accept(corrupt, RawLine.of(1, large, large.length));
        }
        collector.begin("file-2");
        collector.accept(corrupt, RawLine.of(1, large, large.length - 1));
        collector.flush();

        assertThat(quarantined())
                .extracting(line -> line.file() + " " + line.bytes() + " " + (line.value() != null))
                .containsExactly("file-1 65537 false", "file-2 65536 true");
    }

    @Test
    void aFloodOfStrangeLinesIsToldOfInPart() throws InterruptedException {
        for (var i = 0; i <= Download.TOLD_MAX; i++) {
            accept(new ResultLine.Corrupt(i, "not JSON"));
        }
        collector.flush();

        assertThat(quarantined()).hasSize(Download.TOLD_MAX);
    }

    @Test
    void aVeryLargeAnswerTravelsAlone() throws Exception {
        var download = Thread.ofVirtual().start(() -> {
            try {
                accept(answered(id(0), 17 << 20));
                accept(answered(id(1), 9 << 20));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        var first = letters.poll(10, TimeUnit.SECONDS);
        await().until(() -> download.getState() == Thread.State.WAITING);
        assertThat(letters).isEmpty();

        first.handled().run();

        assertThat(letters.poll(10, TimeUnit.SECONDS)).isNotNull();
        download.join();
    }

    @Test
    void theReportIsAboutTheItemsThatAreSeen() throws InterruptedException {
        findings(answered(id(2), 5));

        var letter = letters.element();
        assertThat(letter.event())
                .isInstanceOfSatisfying(
                        BatchEvent.Reported.class,
                        reported -> assertThat(reported.reports())
                                .containsExactly(new ItemReport(
                                        2,
                                        Finding.SUCCEEDED,
                                        0,
                                        0,
                                        false,
                                        "",
                                        Spend.of(26, new Usage(1, 0, 0, 2), Optional.empty()))));
        assertThat(letter.seen().getFirst().body()).hasSize(5);
    }

    @Test
    void aDownloadWaitsForTheActorWhenTwoLettersAreOnTheirWay() throws Exception {
        var download = Thread.ofVirtual().start(() -> {
            try {
                for (var i = 0; i < 3; i++) {
                    accept(answered(id(i), 9 << 20));
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
