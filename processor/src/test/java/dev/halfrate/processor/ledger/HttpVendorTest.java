package dev.halfrate.processor.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.halfrate.processor.batch.Attempt;
import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Calls;
import dev.halfrate.processor.batch.Effect;
import dev.halfrate.processor.batch.Examples;
import dev.halfrate.processor.batch.Exposure;
import dev.halfrate.processor.batch.ItemBits;
import dev.halfrate.processor.batch.ItemReport;
import dev.halfrate.processor.config.LimitsConfig;
import dev.halfrate.processor.money.Pricing;
import dev.halfrate.processor.output.OutputRules;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.Deadline;
import dev.halfrate.processor.provider.FilePosition;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import dev.halfrate.processor.provider.UpstreamId;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.ManifestChunk;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.WorkKeys;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.AbstractList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpVendorTest {
    private static final Duration CREATE_TIMEOUT = Duration.ofSeconds(60);
    private static final int KILOBYTES = 100;
    private static final Instant DEADLINE = Instant.parse("2026-11-21T22:00:00Z");
    private static final List<ManifestItem> ITEMS = List.of(
            Refs.item(0, 0, 0, "a", 0, 7, 0),
            Refs.item(1, 0, 10, "b", DEADLINE.toEpochMilli(), 7, 0),
            Refs.item(2, 0, 20, "c", DEADLINE.plusSeconds(60).toEpochMilli()));

    @TempDir
    private Path spoolDir;

    private final ReplayedPartition requests = new ReplayedPartition(Refs.TOPIC);
    private final ReplayedPartition work = new ReplayedPartition("work");
    private final BodyReader bodies = new BodyReader(requests, name -> Refs.TOPIC_ID);
    private final ManifestReader manifests = new ManifestReader("work", work);
    private final VirtualHttp http = new VirtualHttp();
    private final Semaphore calls = new Semaphore(1);
    private final ManifestRoom manifestRoom = new ManifestRoom(1);
    private final Semaphore spoolKilobytes = new Semaphore(KILOBYTES);
    private final LinkedBlockingQueue<Mailbox.Letter> letters = new LinkedBlockingQueue<>();
    private final StandingClock clock = new StandingClock();

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final AccountGate gate = new AccountGate(
            "main",
            http,
            calls,
            LimitsConfig.VENDORS,
            Duration.ofMinutes(10),
            Duration.ofMinutes(1),
            ActorClock.system(),
            meters);

    private final CallTurns turns =
            new CallTurns("main", 2, Duration.ofMinutes(1), Duration.ofMinutes(1), ActorClock.system(), meters);

    private HttpVendor vendor;

    @BeforeEach
    void start() {
        bodies.start();
        for (var item : ITEMS) {
            requests.add(item.ref().getOffset(), List.of("a", "b", "c").get(item.item()));
        }
        work.add(0, (Examples.HEADER.batchId() + "/0").getBytes(UTF_8), manifest());
        vendor = new HttpVendor(
                0,
                new Workshop(
                        Map.of("main", gate),
                        manifests,
                        bodies,
                        spoolDir,
                        manifestRoom,
                        new ManifestRoom(1),
                        8 << 20,
                        Pricing.NONE,
                        OutputRules.NONE,
                        spoolKilobytes,
                        KILOBYTES,
                        Map.of("main", turns),
                        new Semaphore(KILOBYTES),
                        KILOBYTES),
                letters::add,
                clock);
    }

    @AfterEach
    void close() {
        vendor.close();
        bodies.close();
        manifests.close();
    }

    private static byte[] manifest() {
        var header = Examples.HEADER;
        var refs = InternalFormat.REF_CHUNK.encode(new RefChunk(
                header.pool(),
                Publications.lane(header),
                List.of(Refs.source(Refs.TOPIC_ID)),
                ITEMS.stream().map(ManifestItem::ref).toList(),
                0L));
        var checksum = new CRC32C();
        checksum.update(refs);
        return InternalFormat.MANIFEST_CHUNK.encode(ManifestChunk.newBuilder()
                .setBatchId(header.batchId())
                .setPool(header.pool())
                .setLane(Publications.lane(header))
                .setIndex(0)
                .setChunks(1)
                .setItems(ITEMS.size())
                .setBytes(header.bytes())
                .setFirstItem(0)
                .setFrom(0)
                .setUntil(ITEMS.size())
                .setRefChunk(ByteBuffer.wrap(refs))
                .setChecksum(checksum.getValue())
                .setWorkPartition(0)
                .setInboxPartition(0)
                .setSealedAt(0)
                .build());
    }

    private static Batch in(BatchState state) {
        var sealed = Refs.sealed(ITEMS.size());
        var attempt = sealed.attempt();
        return new Batch(
                sealed.header(),
                state,
                List.of(new Attempt(
                        1,
                        attempt.tag(),
                        attempt.outcome(),
                        1,
                        Examples.NOW,
                        CREATE_TIMEOUT,
                        "file-1",
                        "",
                        "remote-1",
                        List.of())),
                sealed.done(),
                sealed.succeeded(),
                sealed.tally(),
                List.of(),
                Exposure.NONE,
                Calls.NONE,
                ItemBits.NONE,
                0,
                Examples.NOW);
    }

    private static Batch inSecondAttempt(BatchState state) {
        var first = in(state);
        var second = new Attempt(
                2, "secondsecondtag2", Attempt.Outcome.OPEN, 1, Examples.NOW, CREATE_TIMEOUT, "", "", "", List.of());
        return new Batch(
                first.header(),
                state,
                List.of(first.attempt(), second),
                first.done(),
                first.succeeded(),
                first.tally(),
                List.of(),
                Exposure.NONE,
                Calls.NONE,
                ItemBits.NONE,
                0,
                Examples.NOW);
    }

    private BatchEvent letter() throws InterruptedException {
        return Objects.requireNonNull(letters.poll(10, TimeUnit.SECONDS), "no letter")
                .event();
    }

    private List<Path> spoolFiles() throws IOException {
        try (var files = Files.list(spoolDir)) {
            return files.toList();
        }
    }

    /** Clocks that stand until somebody moves them. */
    private static final class StandingClock implements ActorClock {
        private volatile Instant now = Examples.NOW;
        private volatile long nanos;

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public long nanos() {
            return nanos;
        }
    }

    @Test
    void whatIsSpooledIsUploadedAndLeavesNothingBehind() throws Exception {
        vendor.start(in(new BatchState.Sealed()), new Effect.Spool());
        assertThat(letter()).isEqualTo(new BatchEvent.SpoolWritten(3, List.of()));
        assertThat(spoolKilobytes.availablePermits()).isLessThan(KILOBYTES);

        vendor.start(in(new BatchState.Spooled(3)), new Effect.Upload());

        assertThat(letter()).isEqualTo(new BatchEvent.UploadEnded(http.uploaded));
        assertThat(http.uploads).singleElement().asString().hasLineCount(3);
        assertThat(spoolFiles()).isEmpty();
        assertThat(spoolKilobytes.availablePermits()).isEqualTo(KILOBYTES);
    }

    @Test
    void aRefusedUploadKeepsTheFileUntilItsRequestsFail() throws Exception {
        http.uploaded = new UploadOutcome.Refused(new Refusal(Refusal.Kind.TOO_LARGE, 413, "large", "no", null));
        vendor.start(in(new BatchState.Sealed()), new Effect.Spool());
        letter();
        vendor.start(in(new BatchState.Spooled(3)), new Effect.Upload());
        letter();
        assertThat(spoolFiles()).hasSize(1);

        vendor.start(in(new BatchState.Refused("large", "no", false)), new Effect.ReportRefused("large", "no"));

        assertThat(letter())
                .isInstanceOfSatisfying(
                        BatchEvent.Reported.class,
                        reported -> assertThat(reported.reports()).hasSize(3));
        assertThat(spoolFiles()).isEmpty();
        assertThat(spoolKilobytes.availablePermits()).isEqualTo(KILOBYTES);
    }

    @Test
    void aBatchWithoutAnyBodyLeavesNoFile() throws Exception {
        requests.deleteUntil(100);

        vendor.start(in(new BatchState.Sealed()), new Effect.Spool());

        assertThat(letter())
                .isInstanceOfSatisfying(
                        BatchEvent.SpoolWritten.class,
                        written -> assertThat(written.gone()).hasSize(3));
        assertThat(spoolFiles()).isEmpty();
        assertThat(spoolKilobytes.availablePermits()).isEqualTo(KILOBYTES);
    }

    @Test
    void aSpoolThatComesLateDoesNotReplaceThatOfALaterAttempt() throws Exception {
        startASpoolThatComesLate();

        vendor.start(inSecondAttempt(new BatchState.Sealed()), new Effect.Spool());
        spoolKilobytes.release(KILOBYTES);
        assertThat(letter()).isEqualTo(new BatchEvent.SpoolWritten(3, List.of()));
        vendor.start(inSecondAttempt(new BatchState.Spooled(3)), new Effect.Upload());

        assertThat(letter()).isEqualTo(new BatchEvent.UploadEnded(http.uploaded));
        assertThat(http.uploads).singleElement().asString().hasLineCount(3).contains("secondsecondtag2");
        assertThatTheSpoolThatCameLateLeavesNothing();
    }

    @Test
    void aSpoolThatComesLateLeavesNothingOnceItsBatchRuns() throws Exception {
        startASpoolThatComesLate();

        vendor.start(
                in(new BatchState.Running(3, Examples.NOW, "in_progress", 0, 0, BatchState.Standing.PROVEN)),
                new Effect.Poll());
        assertThat(letter()).isInstanceOf(BatchEvent.Polled.class);
        spoolKilobytes.release(KILOBYTES);

        assertThatTheSpoolThatCameLateLeavesNothing();
    }

    /** It waits for room on the disk. */
    private void startASpoolThatComesLate() throws InterruptedException {
        spoolKilobytes.acquire(KILOBYTES);
        vendor.start(in(new BatchState.Sealed()), new Effect.Spool());
        await().until(spoolKilobytes::hasQueuedThreads);
    }

    private void assertThatTheSpoolThatCameLateLeavesNothing() throws IOException {
        await().until(() -> !spoolKilobytes.hasQueuedThreads() && spoolKilobytes.availablePermits() == KILOBYTES);
        assertThat(spoolFiles()).isEmpty();
        assertThat(letters).isEmpty();
    }

    @Test
    void ofASettledBatchEveryFileIsDeleted() {
        http.polled = new PollOutcome.Seen(new RemoteBatch(
                "remote-1",
                RemoteBatch.Status.COMPLETED,
                "completed",
                "file-1",
                "out-1",
                "err-1",
                new RemoteBatch.Counts(3, 2, 1),
                List.of()));

        vendor.start(in(new BatchState.Settled(Examples.NOW)), new Effect.DeleteFiles());

        await().until(() -> http.deleted.equals(List.of("file-1", "out-1", "err-1")));
        assertThat(letters).isEmpty();
    }

    @Test
    void closingGivesBackPermitAndSpool() throws Exception {
        vendor.start(in(new BatchState.Sealed()), new Effect.Spool());
        letter();
        vendor.start(in(new BatchState.Uploaded(3)), new Effect.AcquirePermit());
        assertThat(letter()).isEqualTo(new BatchEvent.PermitGranted());
        assertThat(calls.availablePermits()).isZero();

        vendor.close();

        assertThat(calls.availablePermits()).isOne();
        assertThat(spoolFiles()).isEmpty();
        assertThat(spoolKilobytes.availablePermits()).isEqualTo(KILOBYTES);
    }

    private void refuseKey() throws InterruptedException {
        gate.call(_ -> new PollOutcome.Refused(new Refusal(Refusal.Kind.KEY, 401, "invalid_api_key", "no", null)));
    }

    private void startAllThatCalls() {
        var ended = new BatchState.Ended(
                3, Examples.NOW, Examples.NOW, "completed", "out", null, false, BatchState.Standing.PROVEN, 0);
        vendor.start(in(new BatchState.Uploaded(3)), new Effect.AcquirePermit());
        vendor.start(
                in(new BatchState.Running(3, Examples.NOW, "in_progress", 0, 0, BatchState.Standing.PROVEN)),
                new Effect.Poll());
        vendor.start(in(ended), new Effect.Collect());
        vendor.start(in(new BatchState.Sealed()), new Effect.Spool());
    }

    @Test
    void whileTheAccountIsPausedNothingIsCalledSpooledOrPermitted() throws Exception {
        refuseKey();
        startAllThatCalls();
        assertThat(letters.poll(300, TimeUnit.MILLISECONDS)).isNull();
        assertThat(calls.availablePermits()).isOne();
        assertThat(manifestRoom.isEmpty()).isTrue();
        assertThat(spoolKilobytes.availablePermits()).isEqualTo(KILOBYTES);

        gate.callNow(_ -> new UploadOutcome.Uploaded("file-1"));

        var events = new HashSet<Class<?>>();
        while (events.size() < 4) {
            var event = letter();
            events.add(event.getClass());
            if (event instanceof BatchEvent.PermitGranted) {
                vendor.start(in(new BatchState.Sealed()), new Effect.ReleasePermit());
            }
        }
        assertThat(events)
                .containsExactlyInAnyOrder(
                        BatchEvent.SpoolWritten.class,
                        BatchEvent.PermitGranted.class,
                        BatchEvent.Polled.class,
                        BatchEvent.FilesRead.class);
    }

    @Test
    void closingEndsTheWaitForAPausedAccount() throws Exception {
        refuseKey();
        startAllThatCalls();

        vendor.close();
        gate.callNow(_ -> new UploadOutcome.Uploaded("file-1"));

        assertThat(letters.poll(300, TimeUnit.MILLISECONDS)).isNull();
        assertThat(calls.availablePermits()).isOne();
    }

    @Test
    void aBatchThatFailsForItsQueueMakesTheCreatesOfItsModelWait() throws Exception {
        var full = new RemoteBatch.BatchError(Refusal.Kind.QUEUE_FULL, "token_limit_exceeded", "full", null);
        http.polled = new PollOutcome.Seen(new RemoteBatch(
                "remote-1",
                RemoteBatch.Status.FAILED,
                "failed",
                null,
                null,
                null,
                RemoteBatch.Counts.NONE,
                List.of(full)));
        vendor.start(
                in(new BatchState.Running(3, Examples.NOW, "validating", 0, 0, BatchState.Standing.PROVEN)),
                new Effect.Poll());
        letter();

        vendor.start(in(new BatchState.Uploaded(3)), new Effect.AcquirePermit());

        assertThat(letters.poll(300, TimeUnit.MILLISECONDS)).isNull();
        assertThat(calls.availablePermits()).isOne();
    }

    @Test
    void aClosedVendorStartsNothing() {
        vendor.close();

        vendor.start(in(new BatchState.Creating(3)), new Effect.Create());

        assertThat(letters).isEmpty();
    }

    @Test
    void theCreateHoldsThePermitAndGivesItBack() throws Exception {
        vendor.start(in(new BatchState.Uploaded(3)), new Effect.AcquirePermit());
        letter();
        var held = new AtomicReference<Integer>();
        http.onCreate = create -> {
            held.set(calls.availablePermits());
            return new CreateOutcome.InDoubt("reset");
        };

        vendor.start(in(new BatchState.Creating(3)), new Effect.Create());

        assertThat(letter()).isEqualTo(new BatchEvent.CreateEnded(new CreateOutcome.InDoubt("reset")));
        assertThat(held).hasValue(0);
        await().untilAsserted(() -> assertThat(calls.availablePermits()).isOne());
    }

    @Test
    void itemsWhoseDeadlinesAreNearAreGotReadyAndTheNextDeadlineIsTold() throws Exception {
        vendor.start(in(new BatchState.Creating(3)), new Effect.PrepareHedges(DEADLINE));

        assertThat(letter()).isEqualTo(new BatchEvent.HedgesPrepared(List.of(1), List.of(), DEADLINE.plusSeconds(60)));
    }

    @Test
    void itemsWhoseBodiesAreGoneAreNamed() throws Exception {
        requests.deleteUntil(15);

        vendor.start(in(new BatchState.Creating(3)), new Effect.PrepareHedges(DEADLINE));

        assertThat(letter()).isEqualTo(new BatchEvent.HedgesPrepared(List.of(), List.of(1), DEADLINE.plusSeconds(60)));
    }

    @Test
    void whereNoDeadlineIsNearOnlyTheNextOneIsTold() throws Exception {
        vendor.start(in(new BatchState.Creating(3)), new Effect.PrepareHedges(DEADLINE.minusSeconds(1)));

        assertThat(letter()).isEqualTo(new BatchEvent.HedgesPrepared(List.of(), List.of(), DEADLINE));
    }

    @Test
    void itemsThatAreCalledAreReadFromTheManifestAndSentOnlyWhenTold() throws Exception {
        vendor.start(in(new BatchState.Calling()), new Effect.PrepareCalls());

        assertThat(letter()).isEqualTo(new BatchEvent.CallsPrepared(List.of(0, 1), List.of()));
        assertThat(http.called).isEmpty();

        vendor.start(in(new BatchState.Calling()), new Effect.Call(List.of(0), clock.now()));
        letter();

        assertThat(http.called)
                .singleElement()
                .satisfies(call -> assertThat(call.body()).isEqualTo("a".getBytes(UTF_8)));
    }

    @Test
    void ofItemsThatBeginAlikeTheFirstIsGotReadyAndSentWithItsMark() throws Exception {
        http.format = new Refs.Marking(2);
        vendor.start(in(new BatchState.Priming(0)), new Effect.PreparePrimers(2));
        assertThat(letter()).isEqualTo(new BatchEvent.PrimersPrepared(List.of(0)));

        vendor.start(in(new BatchState.Priming(1)), new Effect.Call(List.of(0), clock.now()));
        letter();

        assertThat(http.called)
                .singleElement()
                .satisfies(call -> assertThat(call.body()).isEqualTo("a+mark".getBytes(UTF_8)));
    }

    @Test
    void whereFewBeginAlikeNoneIsGotReady() throws Exception {
        vendor.start(in(new BatchState.Priming(0)), new Effect.PreparePrimers(3));

        assertThat(letter()).isEqualTo(new BatchEvent.PrimersPrepared(List.of()));
    }

    @Test
    void hedgesWaitForWhatIsBeingGotReadyAndAreNotForgotten() throws Exception {
        vendor.start(in(new BatchState.Priming(0)), new Effect.PreparePrimers(2));
        letter();

        vendor.start(in(new BatchState.Sealed()), new Effect.PrepareHedges(DEADLINE));

        assertThat(letter()).isInstanceOf(BatchEvent.CallsNotPrepared.class);
    }

    @Test
    void itemsThatSomebodyCancelsAreFoundBesideTheCommandsThatSaySo() throws Exception {
        work.add(1, WorkKeys.withdrawal(Examples.HEADER.batchId(), 1), new byte[] {1});

        vendor.start(in(new BatchState.Creating(3)), new Effect.ReportWithdrawn(List.of(1)));

        assertThat(letter())
                .isInstanceOfSatisfying(
                        BatchEvent.WithdrawalsReported.class,
                        reported -> assertThat(reported.reports())
                                .extracting(ItemReport::item, ItemReport::finding)
                                .containsExactly(tuple(1, ItemReport.Finding.WITHDRAWN)));
    }

    @Test
    void whatAnEarlierOwnerCalledIsReportedAsUnanswered() throws Exception {
        vendor.start(in(new BatchState.Calling()), new Effect.ReportUnanswered(List.of(2)));

        assertThat(letter())
                .isInstanceOfSatisfying(
                        BatchEvent.CallsEnded.class,
                        ended -> assertThat(ended.reports()).singleElement().satisfies(report -> {
                            assertThat(report.item()).isEqualTo(2);
                            assertThat(report.finding()).isEqualTo(ItemReport.Finding.NO_ANSWER);
                        }));
    }

    @Test
    void aCreateThatFailsUnexpectedlyIsInDoubt() throws Exception {
        http.onCreate = create -> {
            throw new IllegalStateException("a bug");
        };

        vendor.start(in(new BatchState.Creating(3)), new Effect.Create());

        assertThat(letter()).isEqualTo(new BatchEvent.CreateEnded(new CreateOutcome.InDoubt("IllegalStateException")));
    }

    private Deadline deadline() throws InterruptedException {
        var deadline = new LinkedBlockingQueue<Deadline>();
        http.onCreate = create -> {
            deadline.add(create.deadline());
            return new CreateOutcome.InDoubt("reset");
        };
        vendor.start(in(new BatchState.Creating(3)), new Effect.Create());
        return Objects.requireNonNull(deadline.poll(10, TimeUnit.SECONDS), "no create");
    }

    @Test
    void theDeadlinePassesByEitherClock() throws Exception {
        var deadline = deadline();
        assertThat(deadline.passed()).isFalse();

        clock.nanos = CREATE_TIMEOUT.toNanos() + 1;
        assertThat(deadline.passed()).isTrue();

        clock.nanos = 0;
        clock.now = Examples.NOW.plus(CREATE_TIMEOUT).plusMillis(1);
        assertThat(deadline.passed()).isTrue();
    }

    @Test
    void theDeadlineCountsFromWhatWasCommittedNotFromWhenTheThreadGotToRun() throws Exception {
        clock.now = Examples.NOW.plus(Duration.ofHours(1));

        assertThat(deadline().passed()).isTrue();
    }

    @Test
    void theDeadlinePassesWhenThePartitionIsTakenAway() throws Exception {
        var deadline = deadline();

        vendor.close();

        assertThat(deadline.passed()).isTrue();
    }

    @Test
    void bothFilesAreReadAndTheWorseOutcomeCounts() throws Exception {
        var tag = in(new BatchState.Sealed()).attempt().tag();
        http.files.put("out", List.of(line(tag, 0), line(tag, 2)));
        var ended = new BatchState.Ended(
                3, Examples.NOW, Examples.NOW, "completed", "out", "err", false, BatchState.Standing.PROVEN, 0);

        vendor.start(in(ended), new Effect.Collect());

        assertThat(letter())
                .isInstanceOfSatisfying(
                        BatchEvent.Reported.class,
                        reported -> assertThat(reported.reports()).hasSize(2));
        assertThat(letter()).isEqualTo(new BatchEvent.FilesRead(new ResultsOutcome.BrokenOff("no such file"), 2, 0, 0));
    }

    @Test
    void aDownloadThatBrokeOffGoesOnWhereItDid() throws Exception {
        var tag = in(new BatchState.Sealed()).attempt().tag();
        var middle = new FilePosition(100, 2, "");
        http.files.put("out", List.of(line(tag, 0), line(tag, 1)));
        http.files.put("err", List.of(line(tag, 2)));
        http.brokenOff.put("out", new ResultsOutcome.BrokenOff("reset", middle));
        var ended = in(new BatchState.Ended(
                3, Examples.NOW, Examples.NOW, "completed", "out", "err", false, BatchState.Standing.PROVEN, 0));

        vendor.start(ended, new Effect.Collect());
        letter();
        assertThat(letter())
                .isEqualTo(new BatchEvent.FilesRead(new ResultsOutcome.BrokenOff("reset", middle), 3, 0, 0));
        vendor.start(ended, new Effect.Collect());
        letter();
        assertThat(letter()).isEqualTo(new BatchEvent.FilesRead(new ResultsOutcome.Complete(3), 2, 0, 0));

        assertThat(http.positions)
                .as("out, err, the rest of out")
                .containsExactly(FilePosition.START, FilePosition.START, middle);
    }

    @Test
    void aFileThatIsOfNobodyInTheBatchIsNotTakenForItsAnswers() throws Exception {
        http.files.put("out", List.of(new ResultLine.Corrupt(1, "not JSON"), line("aaaaaaaaaaaaaaaa", 0)));
        var ended = new BatchState.Ended(
                3, Examples.NOW, Examples.NOW, "completed", "out", null, false, BatchState.Standing.PROVEN, 0);

        vendor.start(in(ended), new Effect.Collect());

        assertThat(Objects.requireNonNull(letters.poll(10, TimeUnit.SECONDS)).quarantined())
                .extracting(line -> line.file() + " " + line.line() + " " + line.remoteBatchId())
                .containsExactly("out 1 remote-1", "out 2 remote-1");
        assertThat(letter())
                .isEqualTo(new BatchEvent.FilesRead(
                        new ResultsOutcome.BrokenOff("none of its lines is of this batch"), 0, 1, 1));
    }

    private static ResultLine line(String tag, int item) {
        return new ResultLine.Answered(new UpstreamId(tag, item).text(), 200, new byte[1], null, null);
    }

    @Test
    void aSlowDownloadKeepsNoOtherBatchFromBeingSpooled() throws Exception {
        var begun = new CountDownLatch(1);
        var tag = in(new BatchState.Sealed()).attempt().tag();
        http.files.put("out", new SlowList(List.of(line(tag, 0)), begun));
        var ended = new BatchState.Ended(
                3, Examples.NOW, Examples.NOW, "completed", "out", null, false, BatchState.Standing.PROVEN, 0);
        vendor.start(in(ended), new Effect.Collect());
        begun.await();

        vendor.start(in(new BatchState.Sealed()), new Effect.Spool());

        assertThat(letter()).isEqualTo(new BatchEvent.SpoolWritten(3, List.of()));
    }

    /** Never gets to its first line. */
    private static final class SlowList extends AbstractList<ResultLine> {
        private final List<ResultLine> lines;
        private final CountDownLatch begun;

        private SlowList(List<ResultLine> lines, CountDownLatch begun) {
            this.lines = lines;
            this.begun = begun;
        }

        @Override
        public ResultLine get(int index) {
            begun.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
            return lines.get(index);
        }

        @Override
        public int size() {
            return lines.size();
        }
    }
}
