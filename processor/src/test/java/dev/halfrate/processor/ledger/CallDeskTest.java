package dev.halfrate.processor.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.batch.ItemReport.Finding;
import dev.halfrate.processor.config.LimitsConfig;
import dev.halfrate.processor.money.Pricing;
import dev.halfrate.processor.output.OutputRules;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.ResultLine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CallDeskTest {
    private static final List<ManifestItem> ITEMS = Refs.items("a", "b", "c");
    private static final Batch BATCH = Refs.sealed(ITEMS.size());
    private static final int KILOBYTES = 8;
    private static final int CALLS_MAX = 2;

    private final ReplayedPartition requests = new ReplayedPartition(Refs.TOPIC);
    private final BodyReader bodies = new BodyReader(requests, name -> Refs.TOPIC_ID);
    private final VirtualHttp http = new VirtualHttp();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Semaphore kilobytes = new Semaphore(KILOBYTES);
    private final LinkedBlockingQueue<Mailbox.Letter> letters = new LinkedBlockingQueue<>();
    private final ActorClock clock = ActorClock.system();
    private final CallTurns turns =
            new CallTurns("main", CALLS_MAX, Duration.ofMinutes(1), Duration.ofMinutes(1), clock, meters);
    private CallDesk desk;
    private volatile Pricing pricing = Pricing.NONE;

    @BeforeEach
    void start() {
        bodies.start();
        for (var item : ITEMS) {
            requests.add(item.ref().getOffset(), List.of("a", "b", "c").get(item.item()));
        }
        var gate = new AccountGate(
                "main",
                http,
                new Semaphore(1),
                LimitsConfig.VENDORS,
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                clock,
                meters);
        var workshop = new Workshop(
                Map.of("main", gate),
                new ManifestReader("work", new ReplayedPartition("work")),
                bodies,
                Path.of("unused"),
                new ManifestRoom(1),
                new ManifestRoom(1),
                8 << 20,
                (model, at) -> pricing.of(model, at),
                OutputRules.NONE,
                new Semaphore(1),
                1,
                Map.of("main", turns),
                kilobytes,
                KILOBYTES);
        desk = new CallDesk(workshop, letters::add, clock, (_, call) -> {
            Thread.ofVirtual().start(call);
            return true;
        });
    }

    @AfterEach
    void stop() {
        desk.close();
        bodies.close();
    }

    private Mailbox.Letter letter() throws InterruptedException {
        return Objects.requireNonNull(letters.poll(10, TimeUnit.SECONDS), "no letter");
    }

    private void prepare(List<ManifestItem> items) throws InterruptedException {
        desk.prepare(BATCH, itemsMax -> items, BatchEvent.CallsPrepared::new);
    }

    private double taken() {
        return meters.get("halfrate.calls").gauge().value();
    }

    private static CallOutcome answered(String body) {
        return new CallOutcome.Answered(new ResultLine.Answered("", 200, body.getBytes(UTF_8), null, null));
    }

    private Finding finding(Mailbox.Letter letter) {
        return letter.event() instanceof BatchEvent.CallsEnded(var reports)
                ? reports.getFirst().finding()
                : Finding.MISSING;
    }

    @Test
    void asManyAsMayBeCalledAreGotReadyAndNothingIsSentYet() throws Exception {
        prepare(ITEMS);

        assertThat(letter().event()).isEqualTo(new BatchEvent.CallsPrepared(List.of(0, 1), List.of()));
        assertThat(taken()).isEqualTo(CALLS_MAX);
        assertThat(http.called).isEmpty();
    }

    @Test
    void whatWasWrittenAheadIsSentAndTheRestGivesBackItsTurn() throws Exception {
        http.onCall = call -> answered("answer to " + new String(call.body(), UTF_8));
        prepare(ITEMS);
        letter();

        desk.call(BATCH, List.of(1), clock.now());

        var ended = letter();
        assertThat(finding(ended)).isEqualTo(Finding.SUCCEEDED);
        assertThat(ended.seen()).singleElement().satisfies(seen -> {
            assertThat(seen.item()).isEqualTo(ITEMS.get(1));
            assertThat(seen.body()).isEqualTo("answer to b".getBytes(UTF_8));
        });
        assertThat(taken()).isZero();
        assertThat(kilobytes.availablePermits()).isEqualTo(KILOBYTES);
    }

    @Test
    void bodiesThatAreGoneAreReported() throws Exception {
        var gone = Refs.item(0, 0, 5, "x");

        prepare(List.of(gone, ITEMS.get(1)));

        var letter = letter();
        assertThat(letter.event()).isInstanceOfSatisfying(BatchEvent.CallsPrepared.class, prepared -> {
            assertThat(prepared.items()).containsExactly(1);
            assertThat(prepared.gone()).hasSize(1);
        });
        assertThat(taken()).isOne();
    }

    @Test
    void whatDoesNotBeginSoonAfterItWasWrittenAheadDoesNotBegin() throws Exception {
        prepare(ITEMS.subList(0, 1));
        letter();

        desk.call(BATCH, List.of(0), clock.now().minus(CallDesk.BEGIN_WITHIN).minusSeconds(1));

        assertThat(finding(letter())).isEqualTo(Finding.NOT_TAKEN);
        assertThat(http.called).isEmpty();
        assertThat(taken()).isZero();
    }

    @Test
    void noAnswerIsADoubt() throws Exception {
        http.onCall = call -> {
            throw new IllegalStateException("a bug");
        };
        prepare(ITEMS.subList(0, 1));
        letter();

        desk.call(BATCH, List.of(0), clock.now());

        assertThat(finding(letter())).isEqualTo(Finding.NO_ANSWER);
    }

    @Test
    void whateverGoesWrongIsReportedAndGivesBackItsTurnAndMemory() throws Exception {
        http.onCall = call -> {
            throw new StackOverflowError();
        };
        prepare(ITEMS.subList(0, 1));
        letter();

        desk.call(BATCH, List.of(0), clock.now());

        assertThat(finding(letter())).isEqualTo(Finding.NO_ANSWER);
        assertThat(taken()).isZero();
        assertThat(kilobytes.availablePermits()).isEqualTo(KILOBYTES);
    }

    @Test
    void anAnswerThatCannotBePricedIsADoubt() throws Exception {
        http.onCall = call -> answered("answer");
        pricing = (model, at) -> {
            throw new IllegalStateException("a bug");
        };
        prepare(ITEMS.subList(0, 1));
        letter();

        desk.call(BATCH, List.of(0), clock.now());

        assertThat(finding(letter())).isEqualTo(Finding.NO_ANSWER);
    }

    @ParameterizedTest
    @EnumSource(Refusal.Kind.class)
    void aRefusalCostsNothing(Refusal.Kind kind) throws Exception {
        http.onCall = call -> new CallOutcome.Refused(new Refusal(kind, 429, "no", "no", null), null);
        prepare(ITEMS.subList(0, 1));
        letter();

        desk.call(BATCH, List.of(0), clock.now());

        assertThat(finding(letter())).isEqualTo(Finding.NOT_TAKEN);
    }

    @Test
    void whatIsDroppedGivesBackWhatItHolds() throws Exception {
        prepare(ITEMS);
        letter();

        desk.drop(Examples.HEADER.batchId());

        assertThat(taken()).isZero();
        assertThat(kilobytes.availablePermits()).isEqualTo(KILOBYTES);
    }
}
