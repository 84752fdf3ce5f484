package dev.halfrate.processor.batch;

import dev.halfrate.processor.batch.ItemReport.Finding;
import dev.halfrate.processor.money.Cost;
import dev.halfrate.processor.money.Spend;
import dev.halfrate.processor.money.Usage;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.MarkerOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.RemoteBatch;
import dev.halfrate.processor.provider.RemoteBatch.BatchError;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Batches in every state, and every kind of event in every shape that the lifecycle tells apart. */
public final class Examples {
    public static final int ITEMS = 4;
    public static final Instant NOW = Instant.parse("2026-11-21T20:00:00Z");
    public static final Spend SPEND =
            new Spend(1, 100, new Usage(10, 4, 0, 3), new Cost(new Usd(5), new Usd(10), new Usd(7)), 0);

    public static final LifecycleSettings SETTINGS = new LifecycleSettings(
            List.of(Duration.ofSeconds(30), Duration.ofSeconds(60)),
            Duration.ofSeconds(60),
            Duration.ofSeconds(120),
            Duration.ofSeconds(60),
            Duration.ofHours(26),
            2,
            3,
            1,
            true,
            Duration.ofMinutes(5),
            Duration.ofMinutes(1));

    /** OpenAI's way: a file that can be deleted, and a batch that can be told from all others. */
    public static final AccountRules EXACT =
            new AccountRules(false, true, DoubtPolicy.RESUBMIT_IF_REVOKED, 0, false, true, 0);

    /** Anthropic's way: everything in the create, and only candidates in the listings. */
    public static final AccountRules PROBABLE =
            new AccountRules(true, false, DoubtPolicy.RESUBMIT_AFTER_QUIESCE, 10 * ITEMS, false, true, 0);

    /** As {@link #EXACT}; of four requests that begin alike, one goes first. */
    public static final AccountRules PRIMED =
            new AccountRules(false, true, DoubtPolicy.RESUBMIT_IF_REVOKED, 0, false, true, 4);

    public static final BatchHeader HEADER = header("batch-7", ITEMS, 2);

    private Examples() {}

    public static BatchHeader header(String batchId, int items, int chunks) {
        return header(batchId, items, chunks, "24h", false);
    }

    static BatchHeader atOnce() {
        return header("batch-7", ITEMS, 2, "sync", true);
    }

    static BatchHeader hurried(@Nullable Instant firstDeadline) {
        return header(HEADER.batchId(), ITEMS, 2, "24h", false, firstDeadline);
    }

    private static BatchHeader header(String batchId, int items, int chunks, String completionWindow, boolean atOnce) {
        return header(batchId, items, chunks, completionWindow, atOnce, null);
    }

    private static BatchHeader header(
            String batchId,
            int items,
            int chunks,
            String completionWindow,
            boolean atOnce,
            @Nullable Instant firstDeadline) {
        return new BatchHeader(
                batchId,
                batchId,
                "",
                "pool",
                "main",
                "/v1/chat/completions",
                "gpt-4o-mini",
                "",
                List.of(),
                completionWindow,
                "",
                items,
                4_000,
                chunks,
                0,
                chunks - 1,
                3,
                NOW.minusSeconds(60),
                firstDeadline,
                atOnce);
    }

    /** @param parts that it has been split into */
    public static Situation situation(int parts) {
        return new Situation(9, NOW, parts);
    }

    public static Batch in(BatchState state) {
        return in(HEADER.batchId(), state);
    }

    public static Batch in(String batchId, BatchState state) {
        var atOnce = state instanceof BatchState.Calling;
        var batch = Batch.sealed(header(batchId, ITEMS, 2, atOnce ? "sync" : "24h", atOnce), NOW.minusSeconds(30))
                .in(state, NOW.minusSeconds(10));
        return atOnce ? batch.with(Calls.NONE.with(ItemBits.of(1))) : batch;
    }

    /** Whose requests are sent one by one. */
    public static Batch sealedAtOnce() {
        return Batch.sealed(header(HEADER.batchId(), ITEMS, 2, "sync", true), NOW.minusSeconds(30));
    }

    public static Batch settled(String batchId, Instant at) {
        return Batch.sealed(header(batchId, ITEMS, 2), at).in(new BatchState.Settled(at), at);
    }

    /** The vendor says that it is done. */
    public static BatchEvent completed() {
        return polled(RemoteBatch.Status.COMPLETED);
    }

    /** One of each, and two where a field decides. */
    public static List<BatchState> states() {
        return List.of(
                new BatchState.Sealed(),
                new BatchState.Spooled(ITEMS),
                new BatchState.Uploaded(ITEMS),
                new BatchState.Creating(ITEMS),
                quiescing(0, false),
                quiescing(1, true),
                new BatchState.Revoking(ITEMS, false),
                new BatchState.Revoking(ITEMS, true),
                new BatchState.Hold(ITEMS, "nobody knows"),
                running(),
                running().as(BatchState.Standing.PROVISIONAL),
                running().as(BatchState.Standing.CANCELLING),
                new BatchState.Refused("token_limit_exceeded", "failed at validation", true),
                new BatchState.Refused("invalid_request", "no", false),
                ended(),
                ended().andBegun(),
                provisionallyEnded(),
                new BatchState.Split(List.of("batch-7.1", "batch-7.2")),
                new BatchState.Settled(NOW.minusSeconds(10)),
                new BatchState.Settled(NOW.minusSeconds(10), NOW.minusSeconds(30), NOW.minusSeconds(20)),
                new BatchState.Calling(),
                new BatchState.Priming(0),
                new BatchState.Priming(2));
    }

    /** Every kind of event, with every outcome that there is. */
    public static List<BatchEvent> events() {
        return Stream.of(
                        Stream.of(
                                new BatchEvent.Taken(),
                                new BatchEvent.SpoolWritten(ITEMS, List.of()),
                                new BatchEvent.SpoolWritten(ITEMS - 1, List.of(report(0, Finding.BODY_GONE))),
                                new BatchEvent.SpoolWritten(0, reports(Finding.BODY_GONE, 0, 1, 2, 3)),
                                new BatchEvent.SpoolFailed("disk full"),
                                uploaded("file-1"),
                                new BatchEvent.UploadEnded(new UploadOutcome.Unknown("reset")),
                                new BatchEvent.PermitGranted(),
                                marked("newest"),
                                new BatchEvent.MarkerTaken(new MarkerOutcome.NoAnswer("reset")),
                                new BatchEvent.MarkerTaken(new MarkerOutcome.Refused(refusal(Refusal.Kind.RATE))),
                                created("remote-1"),
                                inDoubt(),
                                absent(),
                                found("remote-1"),
                                new BatchEvent.FindEnded(new FindOutcome.CannotTell("HTTP 500")),
                                new BatchEvent.FindEnded(new FindOutcome.Candidates(List.of())),
                                candidate("remote-1"),
                                found("remote-1", "remote-2"),
                                sighted("remote-3", RemoteBatch.Status.IN_PROGRESS),
                                sighted("remote-3", RemoteBatch.Status.FAILED),
                                twinSeen("remote-3", RemoteBatch.Status.IN_PROGRESS),
                                twinSeen("remote-3", RemoteBatch.Status.CANCELLED),
                                new BatchEvent.TwinSeen("remote-3", new PollOutcome.NoAnswer("reset")),
                                deleted(),
                                new BatchEvent.DeleteEnded(new DeleteOutcome.NoAnswer("reset")),
                                new BatchEvent.Polled(new PollOutcome.NoAnswer("reset")),
                                new BatchEvent.Announced(),
                                failedAtValidation(),
                                failedAtValidation(error(Refusal.Kind.QUEUE_FULL, null)),
                                failedAtValidation(error(Refusal.Kind.BAD_REQUEST, 2)),
                                new BatchEvent.Reported(List.of()),
                                new BatchEvent.Reported(reports(Finding.MISSING, 0, 1, 2, 3)),
                                complete(),
                                new BatchEvent.FilesRead(new ResultsOutcome.BrokenOff("reset"), 0, 0, 0),
                                new BatchEvent.FilesRead(new ResultsOutcome.Complete(ITEMS), 0, ITEMS, 0)),
                        Arrays.stream(Finding.values())
                                .map(finding -> new BatchEvent.Reported(List.of(report(1, finding)))),
                        Arrays.stream(RemoteBatch.Status.values()).map(Examples::polled),
                        Arrays.stream(Effect.Timer.values()).map(BatchEvent.TimerDue::new),
                        Arrays.stream(Refusal.Kind.values())
                                .flatMap(kind -> Stream.of(
                                        createRefused(kind),
                                        new BatchEvent.UploadEnded(new UploadOutcome.Refused(refusal(kind))),
                                        new BatchEvent.DeleteEnded(new DeleteOutcome.Refused(refusal(kind))),
                                        new BatchEvent.Polled(new PollOutcome.Refused(refusal(kind))),
                                        new BatchEvent.FilesRead(new ResultsOutcome.Refused(refusal(kind)), 0, 0, 0))),
                        Stream.of(
                                new BatchEvent.FilesRead(new ResultsOutcome.Complete(ITEMS), ITEMS, 0, 0),
                                prepared(0, 2),
                                new BatchEvent.CallsPrepared(List.of(), List.of(report(0, Finding.BODY_GONE))),
                                new BatchEvent.CallsNotPrepared("reset"),
                                new BatchEvent.HedgesPrepared(List.of(), List.of(), NOW),
                                new BatchEvent.HedgesPrepared(List.of(0, 2), List.of(), null),
                                new BatchEvent.HedgesPrepared(List.of(0), List.of(1), NOW),
                                called(Finding.SUCCEEDED, 1),
                                called(Finding.NO_ANSWER, 1),
                                new BatchEvent.PrimersPrepared(List.of()),
                                new BatchEvent.PrimersPrepared(List.of(0, 2)),
                                new BatchEvent.Withdrawn(List.of(0, 2)),
                                new BatchEvent.WithdrawalsReported(reports(Finding.WITHDRAWN, 1)),
                                new BatchEvent.Resolved(Resolution.LOOK, 1, ""),
                                new BatchEvent.Resolved(Resolution.FOUND, 1, "remote-1"),
                                new BatchEvent.Resolved(Resolution.AGAIN, 1, ""),
                                new BatchEvent.Resolved(Resolution.AGAIN, 2, "")))
                .<BatchEvent>flatMap(events -> events)
                .toList();
    }

    static BatchEvent prepared(Integer... items) {
        return new BatchEvent.CallsPrepared(List.of(items), List.of());
    }

    static BatchEvent called(Finding finding, int... items) {
        return new BatchEvent.CallsEnded(reports(finding, items));
    }

    static BatchState.Quiescing quiescing(int cleanListings, boolean quiet) {
        return new BatchState.Quiescing(ITEMS, cleanListings, quiet, "reset");
    }

    static BatchState.Running running() {
        return new BatchState.Running(ITEMS, NOW.minusSeconds(9), "validating", 0, 1, BatchState.Standing.PROVEN);
    }

    static BatchState.Ended ended() {
        return ended(BatchState.Standing.PROVEN);
    }

    static BatchState.Ended provisionallyEnded() {
        return ended(BatchState.Standing.PROVISIONAL);
    }

    private static BatchState.Ended ended(BatchState.Standing standing) {
        return new BatchState.Ended(
                ITEMS, NOW.minusSeconds(9), NOW.minusSeconds(5), "completed", "out", "err", false, standing, 0);
    }

    static RemoteBatch remote(String id, RemoteBatch.Status status, BatchError... errors) {
        return new RemoteBatch(
                id,
                status,
                status.name().toLowerCase(Locale.ROOT),
                "file-1",
                status.terminal() && status != RemoteBatch.Status.FAILED ? "out" : null,
                null,
                new RemoteBatch.Counts(ITEMS, 0, 0),
                List.of(errors));
    }

    static BatchError error(Refusal.Kind kind, @Nullable Integer line) {
        return new BatchError(kind, "code_of_" + line, "no", line);
    }

    static Refusal refusal(Refusal.Kind kind) {
        return new Refusal(kind, 429, "code", "no", null);
    }

    static BatchEvent uploaded(String inputFileId) {
        return new BatchEvent.UploadEnded(new UploadOutcome.Uploaded(inputFileId));
    }

    static BatchEvent created(String remoteBatchId) {
        return new BatchEvent.CreateEnded(
                new CreateOutcome.Created(remote(remoteBatchId, RemoteBatch.Status.VALIDATING)));
    }

    static BatchEvent createRefused(Refusal.Kind kind) {
        return new BatchEvent.CreateEnded(new CreateOutcome.Refused(refusal(kind)));
    }

    static BatchEvent inDoubt() {
        return new BatchEvent.CreateEnded(new CreateOutcome.InDoubt("read timed out"));
    }

    static BatchEvent absent() {
        return new BatchEvent.FindEnded(new FindOutcome.Absent());
    }

    static BatchEvent found(String... remoteBatchIds) {
        return new BatchEvent.FindEnded(new FindOutcome.Found(inProgress(remoteBatchIds)));
    }

    static BatchEvent candidate(String... remoteBatchIds) {
        return new BatchEvent.FindEnded(new FindOutcome.Candidates(inProgress(remoteBatchIds)));
    }

    private static List<RemoteBatch> inProgress(String... remoteBatchIds) {
        return Stream.of(remoteBatchIds)
                .map(id -> remote(id, RemoteBatch.Status.IN_PROGRESS))
                .toList();
    }

    static BatchEvent marked(String newest) {
        return new BatchEvent.MarkerTaken(new MarkerOutcome.Marker(newest));
    }

    static BatchEvent sighted(String remoteBatchId, RemoteBatch.Status status) {
        return new BatchEvent.Sighted(
                remote(remoteBatchId, status), Attempt.open(HEADER.batchId(), 1).tag());
    }

    static BatchEvent twinSeen(String remoteBatchId, RemoteBatch.Status status) {
        return new BatchEvent.TwinSeen(remoteBatchId, new PollOutcome.Seen(remote(remoteBatchId, status)));
    }

    static BatchEvent deleted() {
        return new BatchEvent.DeleteEnded(new DeleteOutcome.Deleted());
    }

    static BatchEvent polled(RemoteBatch.Status status) {
        return new BatchEvent.Polled(new PollOutcome.Seen(remote("remote-1", status)));
    }

    static BatchEvent failedAtValidation(BatchError... errors) {
        return new BatchEvent.Polled(new PollOutcome.Seen(remote("remote-1", RemoteBatch.Status.FAILED, errors)));
    }

    static BatchEvent complete() {
        return new BatchEvent.FilesRead(new ResultsOutcome.Complete(ITEMS), 0, 0, 0);
    }

    static BatchEvent due(Effect.Timer timer) {
        return new BatchEvent.TimerDue(timer);
    }

    static BatchEvent reported(Finding finding, int... items) {
        return new BatchEvent.Reported(reports(finding, items));
    }

    static List<ItemReport> reports(Finding finding, int... items) {
        return IntStream.of(items).mapToObj(item -> report(item, finding)).toList();
    }

    static ItemReport report(int item, Finding finding) {
        return new ItemReport(item, finding, 0, 0, false, "", finding == Finding.SUCCEEDED ? SPEND : Spend.NONE);
    }
}
