package dev.halfrate.processor.ledger;

import static java.util.Objects.requireNonNull;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.BatchLifecycle;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Effect;
import dev.halfrate.processor.batch.ItemEnd;
import dev.halfrate.processor.batch.Resolution;
import dev.halfrate.processor.batch.Situation;
import dev.halfrate.processor.batch.Step;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.provider.FindOutcome;
import dev.halfrate.processor.provider.SweepOutcome;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandArguments;
import dev.halfrate.schemas.internal.ManifestChunk;
import dev.halfrate.schemas.internal.WorkKeys;
import dev.halfrate.schemas.internal.WorkPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the batches of one work partition. Single-threaded: whoever runs it calls one method at a time.
 *
 * <p>Each event becomes one step of the lifecycle; what the step decides is committed together with the results,
 * signals and offsets that belong to it, and only then are its effects started. Any failure to commit throws
 * {@link PartitionLostException}: the actor is then dead, and a new one finds out from the log.
 */
public final class PartitionActor {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionActor.class);

    /** Longest retention of a vendor, and two weeks. */
    private static final Duration SETTLED_REMEMBERED = Duration.ofDays(44);

    private static final Duration TIMER_MAX = Duration.ofDays(365);

    private static final Duration FORGET_EVERY = Duration.ofHours(1);

    private static final int FORGOTTEN_AT_ONCE_MAX = 1_000;

    private final int partition;
    private final int workPartitions;
    private final PartitionLog log;
    private final Vendor vendor;
    private final ActorClock clock;
    private final BatchLifecycle lifecycle;
    private final Publications publications;
    private final double pollJitter;
    private final SplittableRandom random;

    private final Map<String, Batch> batches = new HashMap<>();
    private final Manifests manifests = new Manifests();
    private final Timers timers = new Timers();
    private final CreateSlots slots = new CreateSlots();

    /** An item that is being sent alone. */
    private record Called(String batchId, int item) {}

    /** By account, remote batches that the ledger does not know. */
    private final Map<String, Set<String>> strangers = new HashMap<>();

    private final Set<Called> callsUnderWay = new HashSet<>();

    private long nextWorkOffset;
    private long epoch;
    private long forgotAtNanos;

    /**
     * @param workPartitions how many partitions the work topic has
     * @param seed of the jitter
     */
    public PartitionActor(
            int partition,
            int workPartitions,
            PartitionLog log,
            Vendor vendor,
            ActorClock clock,
            BatchLifecycle lifecycle,
            Publications publications,
            double pollJitter,
            long seed) {
        this.partition = partition;
        this.workPartitions = workPartitions;
        this.log = log;
        this.vendor = vendor;
        this.clock = clock;
        this.lifecycle = lifecycle;
        this.publications = publications;
        this.pollJitter = pollJitter;
        this.random = new SplittableRandom(seed);
    }

    /** Takes the partition over: reads the ledger, commits its epoch, takes up every batch. */
    public void start(long workOffset) throws InterruptedException {
        nextWorkOffset = workOffset;
        var restored = log.open(workOffset);
        epoch = restored.epoch();
        restored.batches().forEach(batch -> batches.put(batch.id(), batch));
        forgetOld();
        var unsettled =
                restored.batches().stream().filter(batch -> !batch.settled()).toList();
        LOG.info("work-{} taken over in epoch {}, {} batches under way", partition, epoch, unsettled.size());
        unsettled.stream()
                .filter(batch -> oneAtATime(batch) && unresolved(batch))
                .forEach(batch -> slots.occupy(batch.header().account(), batch.id()));
        // A settled batch may have a twin that is not over.
        for (var batch : restored.batches()) {
            handle(batch.id(), new BatchEvent.Taken());
        }
    }

    /** A record of the work partition; null for a deleted chunk. */
    public void onWork(long offset, @Nullable ManifestChunk chunk) {
        nextWorkOffset = offset + 1;
        if (chunk == null || batches.containsKey(chunk.getBatchId())) {
            return;
        }
        manifests.add(offset, chunk).ifPresent(header -> {
            var batch = Batch.sealed(header, clock.now());
            log.commit(new PartitionLog.Transaction(
                    List.of(batch),
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of(publications.progress(batch, clock.now())),
                    List.of(),
                    List.of(),
                    manifests.restartOffset(nextWorkOffset)));
            batches.put(batch.id(), batch);
            BatchLog.tell(batch, clock.now());
            handle(batch.id(), new BatchEvent.Taken());
        });
    }

    /** A record of the work partition, too; one that is read again does no harm. */
    public void onCommand(long offset, Command command) {
        nextWorkOffset = offset + 1;
        switch (command.getKind()) {
            case POLL -> announced(batches.get(command.getTarget()), command);
            case CANCEL_REQUEST -> withdraw(command);
            case CANCEL_BATCH -> meant(command).forEach(id -> handle(id, new BatchEvent.Withdrawn(items(id))));
            case RESOLVE -> resolve(command);
            case FLUSH, PAUSE, RESUME, UNKNOWN ->
                LOG.warn(
                        "work-{}: a command of kind {} is not for batches and is ignored",
                        partition,
                        command.getKind());
        }
    }

    /** @return the batch that is meant, and the parts of it */
    private List<String> meant(Command command) {
        return batches.keySet().stream()
                .filter(id -> id.equals(command.getTarget()) || id.startsWith(command.getTarget() + "."))
                .toList();
    }

    /** Parts have the numbers of their window's items. */
    private List<Integer> items(String batchId) {
        return IntStream.range(0, requireNonNull(batches.get(batchId)).header().items())
                .boxed()
                .toList();
    }

    private void resolve(Command command) {
        var batch = batches.get(command.getTarget());
        var arguments = command.getArguments();
        if (batch == null) {
            return;
        }
        try {
            handle(
                    batch.id(),
                    new BatchEvent.Resolved(
                            Resolution.valueOf(arguments.getOrDefault(CommandArguments.RESOLUTION, "")),
                            Integer.parseInt(arguments.getOrDefault(CommandArguments.ATTEMPT, "")),
                            arguments.getOrDefault(CommandArguments.REMOTE_BATCH_ID, "")));
        } catch (IllegalArgumentException _) {
            LOG.warn("{}: a command to resolve it says nothing that this release knows, and is ignored", batch.id());
        }
    }

    private void announced(@Nullable Batch batch, Command command) {
        if (batch != null
                && batch.attempt()
                        .remoteBatchId()
                        .equals(command.getArguments().get(CommandArguments.REMOTE_BATCH_ID))) {
            handle(batch.id(), new BatchEvent.Announced());
        }
    }

    /** The item is in the window itself or in a part that was split off; where it has ended nothing happens. */
    private void withdraw(Command command) {
        var item = Integer.parseInt(command.getArguments().getOrDefault(WorkKeys.ITEM, "-1"));
        batches.values().stream()
                .filter(batch -> batch.header().windowId().equals(command.getTarget()))
                .map(Batch::id)
                .toList()
                .forEach(id -> handle(id, new BatchEvent.Withdrawn(List.of(item))));
    }

    public void onLetter(Mailbox.Letter letter) {
        if (letter.event() instanceof BatchEvent.CallsEnded(var reports)) {
            reports.forEach(report -> callsUnderWay.remove(new Called(letter.batchId(), report.item())));
        }
        if (!letter.quarantined().isEmpty()) {
            // Not with the bits: whether the lines are of use to the batch is the lifecycle's to say, these are of
            // none.
            log.commit(PartitionLog.Transaction.of(letter.quarantined(), manifests.restartOffset(nextWorkOffset)));
        }
        var batch = batches.get(letter.batchId());
        if (batch != null) {
            var event = judged(batch, letter.event());
            carryOut(batch, lifecycle.answer(batch, letter.origin(), event, situation(batch)), letter.seen());
        }
        letter.handled().run();
    }

    /** Handles the timers that are due. */
    public void fireTimers() {
        if (clock.nanos() - forgotAtNanos > FORGET_EVERY.toNanos()) {
            forgetOld();
        }
        for (var due = timers.due(clock.nanos()); due.isPresent(); due = timers.due(clock.nanos())) {
            handle(due.get().batchId(), new BatchEvent.TimerDue(due.get().timer()));
        }
    }

    public OptionalLong nanosToNextTimer() {
        return timers.nanosToNext(clock.nanos());
    }

    public Collection<Batch> batches() {
        return Collections.unmodifiableCollection(batches.values());
    }

    /** @return whether something that costs money may be under way */
    public boolean buying() {
        return !callsUnderWay.isEmpty()
                || batches.values().stream().anyMatch(batch -> batch.state() instanceof BatchState.Creating);
    }

    /** All remote batches of an account that are young enough for the ledger to know them. */
    public void onListing(String account, List<SweepOutcome.Listed> listed) {
        var named = lifecycle.rules(account).exact();
        if (named) {
            listed.forEach(each -> sighted(account, each));
        }
        var present = named ? unknown(listed) : strangers(account, listed);
        var before = strangers.put(account, present);
        present.stream()
                .filter(id -> before == null || !before.contains(id))
                .forEach(id -> LOG.error(
                        "account {}: remote batch {} is not in the ledger; it is left alone, see who made it",
                        account,
                        id));
    }

    private void sighted(String account, SweepOutcome.Listed each) {
        var batch = batches.get(each.batchId());
        if (batch != null && batch.header().account().equals(account)) {
            handle(batch.id(), new BatchEvent.Sighted(each.remote(), each.tag()));
        }
    }

    /** @return those that name a batch of this partition which there is not */
    private Set<String> unknown(List<SweepOutcome.Listed> listed) {
        return listed.stream()
                .filter(each -> !each.batchId().isEmpty()
                        && !batches.containsKey(each.batchId())
                        && WorkPartition.of(WorkKeys.windowOf(each.batchId()), workPartitions) == partition)
                .map(each -> each.remote().id())
                .collect(Collectors.toSet());
    }

    /** @return where batches have no names, those of nobody, unless one of them may be a doubt's */
    private Set<String> strangers(String account, List<SweepOutcome.Listed> listed) {
        var ours = batches.values().stream()
                .filter(batch -> batch.header().account().equals(account))
                .toList();
        var inDoubt = ours.stream().anyMatch(batch -> switch (batch.state()) {
            case BatchState.Creating _, BatchState.Quiescing _, BatchState.Hold _ -> true;
            case BatchState.Running running -> running.standing() == BatchState.Standing.PROVISIONAL;
            default -> false;
        });
        if (inDoubt || WorkPartition.of(account, workPartitions) != partition) {
            return Set.of();
        }
        var known = ours.stream().flatMap(Batch::remoteBatchIds).collect(Collectors.toSet());
        return listed.stream()
                .map(each -> each.remote().id())
                .filter(id -> !known.contains(id))
                .collect(Collectors.toSet());
    }

    private void handle(String batchId, BatchEvent event) {
        var batch = batches.get(batchId);
        if (batch != null) {
            carryOut(batch, lifecycle.on(batch, event, situation(batch)), List.of());
        }
    }

    private Situation situation(Batch batch) {
        return new Situation(epoch, clock.now(), parts(batch));
    }

    private void carryOut(Batch before, Step step, List<SeenItem> seen) {
        commit(before, step, seen);
        if (!before.state().getClass().equals(step.batch().state().getClass())) {
            timers.cancel(before.id()); // they belong to the state that started them
        }
        if (!before.state().word().equals(step.batch().state().word())) {
            BatchLog.tell(step.batch(), clock.now());
        }
        step.effects().forEach(effect -> start(step.batch(), effect));
        leaveSlot(before, step);
        step.parts().forEach(part -> handle(part.id(), new BatchEvent.Taken()));
    }

    private void start(Batch batch, Effect effect) {
        var account = batch.header().account();
        switch (effect) {
            case Effect.StartTimer(var timer, var delay) ->
                timers.start(
                        batch.id(),
                        timer,
                        clock.nanos() + bounded(jittered(timer, delay)).toNanos());
            case Effect.AcquirePermit _
            when oneAtATime(batch) && !slots.take(account, batch.id()) ->
                LOG.debug("{}: waits until the create before it is resolved", batch.id());
            case Effect.TakeMarker _
            when oneAtATime(batch) && !slots.take(account, batch.id()) ->
                vendor.start(batch, new Effect.ReleasePermit());
            case Effect.Find _
            when oneAtATime(batch) -> {
                slots.looks(account, batch.id());
                vendor.start(batch, effect);
            }
            case Effect.Call(var items, var _) -> {
                items.forEach(item -> callsUnderWay.add(new Called(batch.id(), item)));
                vendor.start(batch, effect);
            }
            case Effect.ReportUnanswered(var items) -> {
                // A batch is taken up anew by its own owner, too; the answers to these are coming.
                var unanswered = items.stream()
                        .filter(item -> !callsUnderWay.contains(new Called(batch.id(), item)))
                        .toList();
                if (!unanswered.isEmpty()) {
                    vendor.start(batch, new Effect.ReportUnanswered(unanswered));
                }
            }
            default -> vendor.start(batch, effect);
        }
    }

    /** Candidates are what is left of a listing without what the ledger knows. */
    private BatchEvent judged(Batch batch, BatchEvent event) {
        if (!(event instanceof BatchEvent.FindEnded(FindOutcome outcome)) || !oneAtATime(batch)) {
            return event;
        }
        var conclusive = slots.conclusive(batch.header().account(), batch.id());
        if (!(outcome instanceof FindOutcome.Candidates(var remotes))) {
            return event;
        } else if (!conclusive) {
            return new BatchEvent.FindEnded(new FindOutcome.CannotTell("another create was under way"));
        }
        var known = new HashSet<String>();
        for (var other : batches.values()) {
            var guess = other.attempt().guess() ? other.attempt().remoteBatchId() : "";
            other.remoteBatchIds().filter(id -> !id.equals(guess)).forEach(known::add);
            // What is settled waits for no proof any more, so it keeps nobody from looking for himself.
            if (!other.settled()
                    && remotes.stream().anyMatch(remote -> remote.id().equals(guess))) {
                return new BatchEvent.FindEnded(
                        new FindOutcome.CannotTell("what is found is not yet proven to be another's"));
            }
        }
        return new BatchEvent.FindEnded(new FindOutcome.Candidates(
                remotes.stream().filter(remote -> !known.contains(remote.id())).toList()));
    }

    private boolean oneAtATime(Batch batch) {
        return !lifecycle.rules(batch.header().account()).exact();
    }

    private static boolean unresolved(Batch batch) {
        return batch.state() instanceof BatchState.Creating || batch.state() instanceof BatchState.Quiescing;
    }

    private void leaveSlot(Batch before, Step step) {
        var batch = step.batch();
        if (!oneAtATime(batch) || !slots.holds(batch.header().account(), batch.id())) {
            return;
        }
        var goesOn = unresolved(batch)
                || step.effects().stream()
                        .anyMatch(effect ->
                                effect instanceof Effect.AcquirePermit || effect instanceof Effect.TakeMarker);
        var waits = before.state().getClass().equals(batch.state().getClass())
                && step.effects().stream()
                        .noneMatch(effect -> effect instanceof Effect.ReleasePermit
                                || (effect instanceof Effect.StartTimer(var timer, var _)
                                        && timer != Effect.Timer.TWIN
                                        && timer != Effect.Timer.DEADLINE));
        if (!goesOn && !waits) {
            slots.leave(batch.header().account(), batch.id())
                    .map(batches::get)
                    .ifPresent(next -> start(next, new Effect.AcquirePermit()));
        }
    }

    private int parts(Batch batch) {
        var window = batch.header().windowId();
        return !batch.header().part()
                ? 0
                : (int) batches.values().stream()
                        .filter(other -> other.header().part()
                                && other.header().windowId().equals(window))
                        .count();
    }

    private void commit(Batch before, Step step, List<SeenItem> seen) {
        var batch = step.batch();
        if (step.durability() == Step.Durability.NONE) {
            batches.put(batch.id(), batch);
            return;
        }
        var now = clock.now();
        var byItem = new HashMap<Integer, SeenItem>();
        seen.forEach(item -> byItem.putIfAbsent(item.item().item(), item));
        var results = new ArrayList<Result>();
        var returned = new ArrayList<SeenItem>();
        for (var end : step.ends()) {
            var item = byItem.get(end.item());
            if (item == null) {
                throw new IllegalStateException("item " + end.item() + " of " + batch.id() + " ended unseen");
            } else if (end.kind() == ItemEnd.Kind.RETURNED) {
                returned.add(item);
            } else {
                results.add(publications.result(before, batch.calls(), end, item, now));
            }
        }
        var family = family(before, batch, now);
        var signals = new ArrayList<>(publications.returned(batch, returned, now));
        var windows = family.stream()
                .filter(each -> each.settled() && !each.header().part() && !settledBefore(each))
                .toList();
        windows.forEach(
                window -> signals.add(publications.settled(window, whole(window, family), turnaround(before), now)));
        if (batch.state() instanceof BatchState.Refused refused
                && refused.queueFull()
                && !(before.state() instanceof BatchState.Refused)) {
            signals.add(publications.queueFull(batch, refused.limitTokens(), now));
        }
        var changed = Stream.concat(family.stream(), step.parts().stream()).toList();
        log.commit(new PartitionLog.Transaction(
                step.durability() == Step.Durability.LEDGER ? changed : List.of(),
                List.of(),
                results,
                List.of(),
                changed.stream().map(each -> publications.progress(each, now)).toList(),
                signals,
                windows,
                manifests.restartOffset(nextWorkOffset)));
        changed.forEach(each -> batches.put(each.id(), each.settled() ? each.withoutBits() : each));
    }

    /** @return a window and its parts, as they are about to be */
    private Collection<Batch> whole(Batch window, List<Batch> changed) {
        var whole = new HashMap<String, Batch>();
        batches.values().stream()
                .filter(each -> each.header().windowId().equals(window.header().windowId()))
                .forEach(each -> whole.put(each.id(), each));
        changed.forEach(each -> whole.put(each.id(), each));
        return whole.values();
    }

    /** @return the batch, and if it has just settled as a part, what that makes of those that it is a part of */
    private List<Batch> family(Batch before, Batch batch, Instant now) {
        var family = new ArrayList<>(List.of(batch));
        var part = batch;
        var settles = batch.settled() && !before.settled();
        while (settles && part.header().part()) {
            var parent = batches.get(part.header().parentId());
            if (parent == null) {
                throw new IllegalStateException(part.id() + " is a part of what the ledger does not have");
            }
            part = lifecycle.partSettled(parent, part, now);
            family.add(part);
            settles = part.settled();
        }
        return family;
    }

    /** Of the remote batch whose end settled the window; a part of a window is smaller, and says nothing. */
    private static Duration turnaround(Batch before) {
        var startedAt = before.attempt().startedAt();
        return before.state() instanceof BatchState.Ended ended
                        && startedAt != null
                        && !before.header().part()
                ? Duration.between(startedAt, ended.endedAt())
                : Duration.ZERO;
    }

    private boolean settledBefore(Batch batch) {
        var before = batches.get(batch.id());
        return before != null && before.settled();
    }

    private void forgetOld() {
        forgotAtNanos = clock.nanos();
        var horizon = clock.now().minus(SETTLED_REMEMBERED);
        var old = batches.values().stream()
                .filter(batch -> batch.settled() && batch.changedAt().isBefore(horizon))
                .map(Batch::id)
                .limit(FORGOTTEN_AT_ONCE_MAX)
                .toList();
        if (!old.isEmpty()) {
            log.commit(new PartitionLog.Transaction(
                    List.of(),
                    old,
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of(),
                    manifests.restartOffset(nextWorkOffset)));
            old.forEach(batches::remove);
        }
    }

    /** A timer that is over too early is set anew by whoever wanted it; one that is too long has no number of nanoseconds. */
    private static Duration bounded(Duration delay) {
        return delay.compareTo(TIMER_MAX) > 0 ? TIMER_MAX : delay;
    }

    private Duration jittered(Effect.Timer timer, Duration delay) {
        return timer == Effect.Timer.POLL
                ? delay.plusNanos((long) (delay.toNanos() * pollJitter * random.nextDouble()))
                : delay;
    }
}
