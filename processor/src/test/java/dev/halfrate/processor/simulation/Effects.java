package dev.halfrate.processor.simulation;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Effect;
import dev.halfrate.processor.ledger.ActorClock;
import dev.halfrate.processor.ledger.Letters;
import dev.halfrate.processor.ledger.Mailbox;
import dev.halfrate.processor.ledger.ManifestItem;
import dev.halfrate.processor.ledger.Vendor;
import dev.halfrate.processor.provider.CallOutcome;
import dev.halfrate.processor.provider.CreateOutcome;
import dev.halfrate.processor.provider.DeleteOutcome;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.MarkerOutcome;
import dev.halfrate.processor.provider.PollOutcome;
import dev.halfrate.processor.provider.Refusal;
import dev.halfrate.processor.provider.ResultLine;
import dev.halfrate.processor.provider.ResultsOutcome;
import dev.halfrate.processor.provider.UploadOutcome;
import dev.halfrate.processor.provider.UpstreamId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One owner's hands: what HttpVendor does, in virtual time and bad weather. Its steps die and pause with the owner. */
final class Effects implements Vendor {
    static final Duration CREATE_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration CALL_WITHIN = Duration.ofSeconds(30);
    private static final Duration TAKEN_UP_AFTER = Duration.ofSeconds(10);
    private static final int PERMITS = 2;

    /** The process ends here and now. */
    static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private final Simulation.Owner owner;
    private final VirtualLane lane;
    private final VirtualVendor vendor;
    private final Invariants invariants;
    private final Faults faults;
    private final Dice dice;
    private final ActorClock clock;
    private final Mutant mutant;
    private final Mailbox mailbox;
    private final VirtualTime time;

    private final Map<String, List<VirtualVendor.Line>> spools = new HashMap<>();
    private final Set<String> permits = new HashSet<>();
    private final Deque<Batch> waiting = new ArrayDeque<>();

    Effects(Simulation simulation, Simulation.Owner owner, ActorClock clock) {
        this.owner = owner;
        this.lane = simulation.lane;
        this.vendor = simulation.vendor;
        this.invariants = simulation.invariants;
        this.faults = simulation.faults;
        this.dice = simulation.dice;
        this.mutant = simulation.mutant;
        this.clock = clock;
        this.time = simulation.time;
        this.mailbox = letter -> owner.after(Duration.ZERO, () -> owner.letter(letter));
    }

    @Override
    public void start(Batch batch, Effect effect) {
        if (faults.hit(0.004)) {
            throw new Killed();
        }
        switch (effect) {
            case Effect.Spool _ -> soon(() -> spool(batch));
            case Effect.DiscardSpool _ -> spools.remove(batch.id());
            case Effect.Upload _ -> soon(() -> upload(batch));
            case Effect.AcquirePermit _ -> soon(() -> acquirePermit(batch));
            case Effect.Create _ -> create(batch);
            case Effect.TakeMarker _ -> soon(() -> takeMarker(batch));
            case Effect.Cancel _ -> soon(() -> cancel(batch.attempt().remoteBatchId()));
            case Effect.EndTwin(var remoteBatchId) -> soon(() -> endTwin(batch, remoteBatchId));
            case Effect.ReleasePermit _ -> releasePermit(batch.id());
            case Effect.Find _ -> soon(() -> find(batch));
            case Effect.DeleteInput _ -> soon(() -> deleteInput(batch));
            case Effect.DeleteFiles _ ->
                soon(() -> batch.attempts().forEach(attempt -> vendor.delete(attempt.inputFileId())));
            case Effect.Poll _, Effect.PollAlone _ -> soon(() -> poll(batch));
            case Effect.Collect _ -> soon(() -> collect(batch));
            case Effect.ReportMissing _ -> soon(() -> reportMissing(batch));
            case Effect.ReportRefused(var code, var _) ->
                soon(() -> mailbox.post(Letters.refused(batch, open(batch), code, clock.now())));
            case Effect.ReportUnexecuted(var code, var _) ->
                soon(() -> mailbox.post(Letters.unexecuted(batch, open(batch), code, clock.now())));
            case Effect.ReportRefusedLines(var lines) ->
                soon(() -> mailbox.post(Letters.refusedLines(batch, items(batch), lines, clock.now())));
            case Effect.PrepareCalls _ -> soon(() -> prepareCalls(batch));
            case Effect.PrepareHedges(var until) -> soon(() -> prepareHedges(batch, until));
            case Effect.PreparePrimers(var groupsFrom) -> soon(() -> preparePrimers(batch, groupsFrom));
            case Effect.Call(var items, var at) -> items.forEach(item -> soon(() -> call(batch, item, at)));
            case Effect.DropCalls _ -> {}
            case Effect.ReportUnanswered(var items) ->
                soon(() -> mailbox.post(Letters.unanswered(batch, items(batch), items, clock.now())));
            case Effect.ReportWithdrawn(var unwanted) ->
                soon(() -> mailbox.post(Letters.withdrawn(batch, items(batch), unwanted, clock.now())));
            case Effect.StartTimer _ -> throw new AssertionError("timers are the actor's");
        }
    }

    private void soon(Runnable what) {
        var slow = faults.hit(0.05);
        owner.after(
                slow
                        ? dice.between(Duration.ofSeconds(10), Duration.ofMinutes(10))
                        : dice.between(Duration.ofMillis(5), Duration.ofSeconds(3)),
                what);
    }

    private void tell(Batch batch, BatchEvent event) {
        mailbox.post(batch, event);
    }

    private List<ManifestItem> items(Batch batch) {
        return lane.items(batch.header().windowId());
    }

    private List<ManifestItem> open(Batch batch) {
        return items(batch).stream()
                .filter(item -> !batch.done().has(item.item()))
                .toList();
    }

    private void spool(Batch batch) {
        if (faults.hit(0.05)) {
            tell(batch, new BatchEvent.SpoolFailed("disk full"));
            return;
        }
        var lines = new ArrayList<VirtualVendor.Line>();
        var gone = new ArrayList<ManifestItem>();
        for (var item : open(batch)) {
            if (faults.hit(0.01)) {
                gone.add(item);
            } else {
                lines.add(new VirtualVendor.Line(
                        new UpstreamId(batch.attempt().tag(), item.item()).text(),
                        batch.header().windowId(),
                        item.item(),
                        item.ref().getCustomId()));
            }
        }
        spools.put(batch.id(), lines);
        mailbox.post(Letters.spoolWritten(batch, lines.size(), gone, clock.now()));
    }

    private void upload(Batch batch) {
        var lines = spools.get(batch.id());
        if (lines == null) {
            owner.after(TAKEN_UP_AFTER, () -> tell(batch, new BatchEvent.Taken()));
        } else if (faults.hit(0.05)) {
            vendor.store(lines);
            tell(batch, new BatchEvent.UploadEnded(new UploadOutcome.Unknown("reset")));
        } else if (faults.hit(0.05)) {
            tell(batch, new BatchEvent.UploadEnded(new UploadOutcome.Refused(refusal())));
        } else {
            spools.remove(batch.id());
            tell(batch, new BatchEvent.UploadEnded(new UploadOutcome.Uploaded(vendor.store(lines))));
        }
    }

    private Refusal refusal() {
        var kinds = List.of(Refusal.Kind.RATE, Refusal.Kind.QUEUE_FULL, Refusal.Kind.KEY, Refusal.Kind.UNAVAILABLE);
        return new Refusal(dice.oneOf(kinds), 429, "no", "no", null);
    }

    private void acquirePermit(Batch batch) {
        if (permits.size() == PERMITS) {
            waiting.add(batch);
        } else if (permits.add(batch.id())) {
            tell(batch, new BatchEvent.PermitGranted());
        }
    }

    private void releasePermit(String batchId) {
        if (permits.remove(batchId)) {
            var next = waiting.poll();
            if (next != null) {
                acquirePermit(next);
            }
        }
    }

    boolean permitsHeld() {
        return !permits.isEmpty();
    }

    private void takeMarker(Batch batch) {
        tell(
                batch,
                new BatchEvent.MarkerTaken(
                        faults.hit(0.05)
                                ? new MarkerOutcome.NoAnswer("HTTP 502")
                                : new MarkerOutcome.Marker(vendor.newest())));
    }

    private void cancel(String remoteBatchId) {
        if (!faults.hit(0.2)) {
            vendor.cancel(remoteBatchId);
        }
    }

    private void endTwin(Batch batch, String remoteBatchId) {
        var outcome = faults.hit(0.2)
                ? new PollOutcome.NoAnswer("HTTP 502")
                : new PollOutcome.Seen(vendor.cancel(remoteBatchId));
        tell(batch, new BatchEvent.TwinSeen(remoteBatchId, outcome));
    }

    /** From the thread that starts to the last byte: here a process may stand still for hours. */
    private void create(Batch batch) {
        soon(() -> {
            var startedAt = batch.attempt().startedAt();
            if (startedAt == null) {
                throw Invariants.broken("I3", "%s without a start".formatted(batch.id()));
            } else if (clock.now().isAfter(startedAt.plus(CREATE_TIMEOUT))) {
                var withheld = new Refusal(Refusal.Kind.UNAVAILABLE, 0, "deadline", "deadline passed", null);
                ended(batch, new CreateOutcome.Refused(withheld));
            } else if (faults.hit(0.06)) {
                ended(batch, new CreateOutcome.Refused(refusal()));
            } else {
                post(batch, inputFileId(batch));
            }
        });
    }

    /** Where the create carries the lines, the vendor stores what it got. */
    private String inputFileId(Batch batch) {
        if (!vendor.inline) {
            return batch.attempt().inputFileId();
        }
        var lines = spools.get(batch.id());
        if (lines == null) {
            throw new AssertionError("no spool of " + batch.id());
        }
        return vendor.store(lines);
    }

    private void post(Batch batch, String inputFileId) {
        var attempt = batch.attempt();
        invariants.posted(batch, vendor.lines(inputFileId));
        if (vendor.inline && vendor.poisoned(vendor.lines(inputFileId))) {
            var no = new Refusal(Refusal.Kind.BAD_REQUEST, 400, VirtualVendor.POISONED, "bad", null);
            ended(batch, new CreateOutcome.Refused(no));
            return;
        }
        if (mutant == Mutant.CREATE_SENT_AGAIN && faults.hit(0.2)) {
            vendor.create(attempt.tag(), batch.id(), inputFileId);
        }
        if (!faults.hit(0.35)) {
            var remote = vendor.create(attempt.tag(), batch.id(), inputFileId);
            if (vendor.exact && faults.hit(0.01)) {
                vendor.createsAgain(attempt.tag(), batch.id(), inputFileId);
            }
            owner.after(
                    dice.between(Duration.ofMillis(20), Duration.ofSeconds(5)),
                    () -> ended(batch, new CreateOutcome.Created(remote)));
            return;
        }
        // Created with the answer lost, never, or by a gateway that has kept it for hours.
        switch (dice.between(0, 3)) {
            case 0 -> vendor.create(attempt.tag(), batch.id(), inputFileId);
            case 1 -> {}
            case 2 ->
                vendor.arrives(
                        attempt.tag(),
                        batch.id(),
                        inputFileId,
                        dice.between(Duration.ofSeconds(1), Duration.ofMinutes(10)));
            default ->
                vendor.arrives(
                        attempt.tag(),
                        batch.id(),
                        inputFileId,
                        dice.between(Duration.ofMinutes(1), Faults.LATENESS_MAX));
        }
        var silence = dice.chance(0.5) ? ANSWER_TIMEOUT : dice.between(Duration.ofMillis(20), ANSWER_TIMEOUT);
        owner.after(silence, () -> ended(batch, new CreateOutcome.InDoubt("no answer")));
    }

    private void ended(Batch batch, CreateOutcome outcome) {
        var told = outcome instanceof CreateOutcome.InDoubt && mutant == Mutant.DOUBT_IS_REFUSAL
                ? new CreateOutcome.Refused(refusal())
                : outcome;
        tell(batch, new BatchEvent.CreateEnded(told));
        releasePermit(batch.id());
    }

    private void find(Batch batch) {
        var attempt = batch.attempt();
        var listed = faults.hit(0.1)
                ? new FindOutcome.CannotTell("HTTP 502")
                : vendor.exact
                        ? vendor.list(attempt.tag(), attempt.inputFileId())
                        : vendor.newerThan(mutant == Mutant.MARKER_TAKEN_LATE ? vendor.newest() : attempt.marker());
        if (!(listed instanceof FindOutcome.CannotTell) && owner.last()) {
            invariants.listed(attempt.tag(), time.passed());
        }
        // The listing is as old as its answer is slow.
        soon(() -> tell(batch, new BatchEvent.FindEnded(listed)));
    }

    private void deleteInput(Batch batch) {
        if (faults.hit(0.1)) {
            tell(batch, new BatchEvent.DeleteEnded(new DeleteOutcome.Refused(refusal())));
            return;
        }
        if (mutant != Mutant.INPUT_NOT_DELETED) {
            vendor.delete(batch.attempt().inputFileId());
        }
        tell(
                batch,
                new BatchEvent.DeleteEnded(
                        faults.hit(0.1) ? new DeleteOutcome.NoAnswer("reset") : new DeleteOutcome.Deleted()));
    }

    private void poll(Batch batch) {
        var remote = vendor.batch(batch.attempt().remoteBatchId());
        if (remote == null) {
            throw new AssertionError(batch.id() + " polls what never was");
        } else if (faults.hit(0.05)) {
            tell(batch, new BatchEvent.Polled(new PollOutcome.NoAnswer("HTTP 500")));
        } else if (faults.hit(0.05)) {
            tell(batch, new BatchEvent.Polled(new PollOutcome.Refused(refusal())));
        } else {
            tell(batch, new BatchEvent.Polled(new PollOutcome.Seen(remote)));
        }
    }

    private void collect(Batch batch) {
        if (!(batch.state() instanceof BatchState.Ended ended)) {
            throw new AssertionError(
                    batch.id() + " is collected while " + batch.state().word());
        }
        var lines = new ArrayList<>(content(ended.outputHandle()));
        if (mutant != Mutant.ERROR_FILE_IGNORED) {
            lines.addAll(content(ended.errorHandle()));
        }
        if (mutant == Mutant.FOREIGN_LINES_TAKEN) {
            lines.replaceAll(line -> taken(batch, line));
        }
        var brokenOff = faults.hit(0.15);
        var until = brokenOff ? dice.between(0, lines.size()) : lines.size();
        read(batch, lines.subList(0, until), brokenOff, 0, 0, 0);
    }

    private List<ResultLine> ofTwins(Batch batch) {
        return batch.twins().stream()
                .filter(twin -> twin.lines() > 0)
                .map(twin -> vendor.batch(twin.remoteBatchId()))
                .filter(Objects::nonNull)
                .flatMap(remote -> content(remote.outputHandle()).stream())
                .toList();
    }

    /** Part by part: the process may die, or be fenced, between any two of them. */
    private void read(Batch batch, List<ResultLine> lines, boolean brokenOff, int ours, int foreign, int corrupt) {
        if (lines.isEmpty()) {
            Letters.ofLines(batch, items(batch), ofTwins(batch), mailbox, clock);
            tell(
                    batch,
                    new BatchEvent.FilesRead(
                            brokenOff ? new ResultsOutcome.BrokenOff("reset") : new ResultsOutcome.Complete(0),
                            ours,
                            foreign,
                            corrupt));
            return;
        }
        var part = dice.between(1, lines.size());
        var strays = Letters.ofLines(batch, items(batch), lines.subList(0, part), mailbox, clock);
        soon(() -> read(
                batch,
                lines.subList(part, lines.size()),
                brokenOff,
                ours + strays.ours(),
                foreign + strays.foreign(),
                corrupt + strays.corrupt()));
    }

    private List<ResultLine> content(@Nullable String handle) {
        return handle == null ? List.of() : vendor.content(handle);
    }

    private static ResultLine taken(Batch batch, ResultLine line) {
        return line instanceof ResultLine.Answered(var id, var status, var body, var usage, var error)
                ? new ResultLine.Answered(
                        new UpstreamId(
                                        batch.attempt().tag(),
                                        UpstreamId.parse(id).orElseThrow().item())
                                .text(),
                        status,
                        body,
                        usage,
                        error)
                : line;
    }

    private void reportMissing(Batch batch) {
        var open = open(batch);
        for (var item : open) {
            var upstreamId = new UpstreamId(batch.attempt().tag(), item.item()).text();
            invariants.missing(item, vendor.hasLine(batch.attempt().remoteBatchId(), upstreamId));
        }
        mailbox.post(Letters.missing(batch, open, clock.now()));
    }

    private void prepareCalls(Batch batch) {
        if (faults.hit(0.05)) {
            tell(batch, new BatchEvent.CallsNotPrepared("no bodies"));
            return;
        }
        var found = new ArrayList<ManifestItem>();
        var gone = new ArrayList<ManifestItem>();
        batch.uncalled()
                .limit(dice.between(1, 4))
                .mapToObj(items(batch)::get)
                .forEach(item -> (faults.hit(0.01) ? gone : found).add(item));
        if (mutant == Mutant.CALLS_NOT_WRITTEN_AHEAD) {
            found.forEach(item -> soon(() -> call(batch, item.item(), clock.now())));
        }
        mailbox.post(Letters.prepared(batch, found, gone, clock.now()));
    }

    private void prepareHedges(Batch batch, Instant until) {
        if (faults.hit(0.05)) {
            tell(batch, new BatchEvent.CallsNotPrepared("no bodies"));
            return;
        }
        var hurried = batch.uncalled()
                .mapToObj(items(batch)::get)
                .filter(item -> item.ref().getDeadline() > 0)
                .sorted(Comparator.comparingLong(item -> item.ref().getDeadline()))
                .toList();
        var near = hurried.stream()
                .filter(item -> item.ref().getDeadline() <= until.toEpochMilli())
                .limit(dice.between(1, 3))
                .map(ManifestItem::item)
                .toList();
        var next = near.size() == hurried.size()
                ? null
                : Instant.ofEpochMilli(hurried.get(near.size()).ref().getDeadline());
        var found = new ArrayList<Integer>();
        var gone = new ArrayList<Integer>();
        near.forEach(item -> (faults.hit(0.05) ? gone : found).add(item));
        if (mutant == Mutant.HEDGES_NOT_WRITTEN_AHEAD) {
            found.forEach(item -> call(batch, item, clock.now()));
        }
        tell(batch, new BatchEvent.HedgesPrepared(found, gone, next));
    }

    /** Every fourth request begins as the others of these do. */
    private void preparePrimers(Batch batch, int groupsFrom) {
        if (faults.hit(0.05)) {
            tell(batch, new BatchEvent.CallsNotPrepared("no bodies"));
            return;
        }
        var alike = batch.uncalled().filter(item -> item % 4 == 0).boxed().toList();
        var first = alike.size() < groupsFrom || faults.hit(0.05) ? List.<Integer>of() : alike.subList(0, 1);
        if (mutant == Mutant.HEDGES_NOT_WRITTEN_AHEAD) {
            first.forEach(item -> call(batch, item, clock.now()));
        }
        tell(batch, new BatchEvent.PrimersPrepared(first));
    }

    /** From the thread that starts to the answer: here, too, a process may stand still for hours. */
    private void call(Batch batch, int number, Instant writtenAt) {
        var item = items(batch).get(number);
        if (clock.now().isAfter(writtenAt.plus(CALL_WITHIN))) {
            var withheld = new Refusal(Refusal.Kind.UNAVAILABLE, 0, "not_sent", "not sent in time", null);
            answered(batch, item, new CallOutcome.Refused(withheld, null));
        } else if (faults.hit(0.1)) {
            answered(batch, item, new CallOutcome.Refused(refusal(), null));
        } else {
            invariants.called(batch, number);
            var answer = vendor.call(new VirtualVendor.Line(
                    "", batch.header().windowId(), number, item.ref().getCustomId()));
            var lost = faults.hit(0.1);
            owner.after(
                    lost ? ANSWER_TIMEOUT : dice.between(Duration.ofMillis(20), Duration.ofMinutes(2)),
                    () -> answered(batch, item, lost ? new CallOutcome.NoAnswer("timed out") : answer));
        }
    }

    private void answered(Batch batch, ManifestItem item, CallOutcome outcome) {
        mailbox.post(Letters.called(batch, item, outcome, clock.now()));
    }

    @Override
    public void close() {
        spools.clear();
    }
}
