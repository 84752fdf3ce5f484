package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.Batch;
import dev.halfrate.processor.batch.BatchEvent;
import dev.halfrate.processor.batch.BatchLifecycle;
import dev.halfrate.processor.batch.BatchState;
import dev.halfrate.processor.batch.Effect;
import dev.halfrate.processor.batch.ItemEnd;
import dev.halfrate.processor.batch.Step;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.schemas.internal.ManifestChunk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
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

    private static final Duration FORGET_EVERY = Duration.ofHours(1);

    private static final int FORGOTTEN_AT_ONCE_MAX = 1_000;

    private final int partition;
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
    private long nextWorkOffset;
    private long epoch;
    private long forgotAtNanos;

    /** @param seed of the jitter */
    public PartitionActor(
            int partition,
            PartitionLog log,
            Vendor vendor,
            ActorClock clock,
            BatchLifecycle lifecycle,
            Publications publications,
            double pollJitter,
            long seed) {
        this.partition = partition;
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
        for (var batch : unsettled) {
            handle(batch.id(), new BatchEvent.Taken(), List.of());
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
            commit(batch, batch, Step.Durability.LEDGER, List.of(), List.of());
            batches.put(batch.id(), batch);
            handle(batch.id(), new BatchEvent.Taken(), List.of());
        });
    }

    public void onLetter(Mailbox.Letter letter) {
        if (!letter.quarantined().isEmpty()) {
            // Not with the bits: whether the lines are of use to the batch is the lifecycle's to say, these are of
            // none.
            log.commit(PartitionLog.Transaction.of(letter.quarantined(), manifests.restartOffset(nextWorkOffset)));
        }
        handle(letter.batchId(), letter.event(), letter.seen());
        letter.handled().run();
    }

    /** Handles the timers that are due. */
    public void fireTimers() {
        if (clock.nanos() - forgotAtNanos > FORGET_EVERY.toNanos()) {
            forgetOld();
        }
        for (var due = timers.due(clock.nanos()); due.isPresent(); due = timers.due(clock.nanos())) {
            handle(due.get().batchId(), new BatchEvent.TimerDue(due.get().timer()), List.of());
        }
    }

    public OptionalLong nanosToNextTimer() {
        return timers.nanosToNext(clock.nanos());
    }

    public Collection<Batch> batches() {
        return Collections.unmodifiableCollection(batches.values());
    }

    /** @return whether a create may be under way */
    public boolean creating() {
        return batches.values().stream().anyMatch(batch -> batch.state() instanceof BatchState.Creating);
    }

    private void handle(String batchId, BatchEvent event, List<SeenItem> seen) {
        var before = batches.get(batchId);
        if (before == null) {
            return;
        }
        var step = lifecycle.on(before, event, epoch, clock.now());
        commit(before, step.batch(), step.durability(), step.ends(), seen);
        batches.put(batchId, step.batch().settled() ? step.batch().withoutBits() : step.batch());
        if (!before.state().getClass().equals(step.batch().state().getClass())) {
            timers.cancel(batchId); // they belong to the state that started them
        }
        if (!before.state().word().equals(step.batch().state().word())) {
            tell(step.batch());
        }
        for (var effect : step.effects()) {
            if (effect instanceof Effect.StartTimer(var timer, var delay)) {
                timers.start(
                        batchId, timer, clock.nanos() + jittered(timer, delay).toNanos());
            } else {
                vendor.start(step.batch(), effect);
            }
        }
    }

    private void commit(
            Batch before, Batch batch, Step.Durability durability, List<ItemEnd> ends, List<SeenItem> seen) {
        if (durability == Step.Durability.NONE) {
            return;
        }
        var now = clock.now();
        var byItem = new HashMap<Integer, SeenItem>();
        seen.forEach(item -> byItem.putIfAbsent(item.item().item(), item));
        var results = new ArrayList<Result>();
        var returned = new ArrayList<SeenItem>();
        for (var end : ends) {
            var item = byItem.get(end.item());
            if (item == null) {
                throw new IllegalStateException("item " + end.item() + " of " + batch.id() + " ended unseen");
            } else if (end.kind() == ItemEnd.Kind.RETURNED) {
                returned.add(item);
            } else {
                results.add(publications.result(before, end, item, now));
            }
        }
        var signals = new ArrayList<>(publications.returned(batch, returned, now));
        if (batch.settled()) {
            signals.add(publications.settled(batch, now));
        }
        log.commit(new PartitionLog.Transaction(
                durability == Step.Durability.LEDGER ? List.of(batch) : List.of(),
                List.of(),
                results,
                List.of(),
                List.of(publications.progress(batch, now)),
                signals,
                batch.settled() ? List.of(batch) : List.of(),
                manifests.restartOffset(nextWorkOffset)));
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

    private Duration jittered(Effect.Timer timer, Duration delay) {
        return timer == Effect.Timer.POLL
                ? delay.plusNanos((long) (delay.toNanos() * pollJitter * random.nextDouble()))
                : delay;
    }

    private void tell(Batch batch) {
        var id = batch.id();
        switch (batch.state()) {
            case BatchState.Quiescing doubt ->
                LOG.warn(
                        "{}: create in doubt ({}); it is looked for before anything is tried again",
                        id,
                        doubt.reason());
            case BatchState.Revoking _ ->
                LOG.warn(
                        "{}: no trace of attempt {}; its input is deleted",
                        id,
                        batch.attempt().number());
            case BatchState.Hold hold ->
                LOG.error("{}: on hold, {}; {} requests wait for evidence", id, hold.reason(), batch.open());
            case BatchState.Refused refused ->
                LOG.warn(
                        "{}: refused ({}), {}",
                        id,
                        refused.code(),
                        refused.again() ? "tried again later" : "its requests fail");
            case BatchState.Running _ ->
                LOG.info("{}: running as {}", id, batch.attempt().remoteBatchId());
            case BatchState.Settled _ -> {
                var tally = batch.tally();
                LOG.info(
                        "{}: settled, {} succeeded, {} failed, {} expired, {} cancelled, {} returned",
                        id,
                        tally.succeeded(),
                        tally.failed(),
                        tally.expired(),
                        tally.cancelled(),
                        tally.returned());
            }
            case BatchState.Sealed _,
                    BatchState.Spooled _,
                    BatchState.Uploaded _,
                    BatchState.Creating _,
                    BatchState.Ended _ -> LOG.debug("{}: {}", id, batch.state().word());
        }
    }
}
