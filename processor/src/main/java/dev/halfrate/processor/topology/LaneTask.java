package dev.halfrate.processor.topology;

import static java.util.Objects.requireNonNull;

import dev.halfrate.processor.balance.LaneName;
import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.codec.DeadLetter;
import dev.halfrate.processor.codec.DeadLetterCodec;
import dev.halfrate.processor.codec.Rejection;
import dev.halfrate.processor.codec.Result;
import dev.halfrate.processor.config.Durations;
import dev.halfrate.processor.crash.CrashPoint;
import dev.halfrate.processor.flight.LaneTickEvent;
import dev.halfrate.processor.lane.Duplicates;
import dev.halfrate.processor.lane.FairShares;
import dev.halfrate.processor.lane.Id;
import dev.halfrate.processor.lane.IdHasher;
import dev.halfrate.processor.lane.LaneCore;
import dev.halfrate.processor.lane.LaneEffect;
import dev.halfrate.processor.lane.LaneEvent;
import dev.halfrate.processor.lane.Room;
import dev.halfrate.processor.lane.TokenRatio;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandArguments;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.Hash;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.PauseRecord;
import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.SealedBatch;
import dev.halfrate.schemas.internal.Signal;
import dev.halfrate.schemas.internal.UnreadableRecordException;
import dev.halfrate.schemas.internal.WorkKeys;
import dev.halfrate.schemas.internal.WorkPartition;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes of one inbox partition: loads what the pure core needs, and does what it says.
 *
 * <p>Lanes and ids are held in memory too and made anew from the stores at each start. Whatever throws ends
 * the task and its transaction, so memory and stores never part.
 */
final class LaneTask {
    private static final Logger LOG = LoggerFactory.getLogger(LaneTask.class);
    /** Producers choose models, so there is no end of lanes; one that was empty for so long is dropped. */
    static final Duration LANE_IDLE_MAX = Duration.ofHours(1);

    /** Requests whose deadlines are looked at at a time. */
    private static final int HASTENED_LOOKS_MAX = 5_000;

    private static final Duration TICK_MIN = Duration.ofMillis(20);
    private static final Duration TICK_MAX = Duration.ofSeconds(1);

    private final LaneTopology topology;
    private final LaneMetrics metrics;
    private final ProcessorContext<byte[], Outgoing> context;
    private final LaneStores stores;
    private final Duplicates duplicates;
    private final Budgets budgets;
    private final Pauses pauses;
    private final IdHasher hasher = new IdHasher();
    private final Map<Bytes, Lane> lanes = new HashMap<>();
    private final Map<Bytes, ModelQuota> models = new HashMap<>();
    /** Batches whose requests are about to come back and have waited for a window already. A restart lets them wait again. */
    private final Set<String> refused = new HashSet<>();

    private final int inboxPartition;
    private final Cancellable ticks;
    private int nextOrdinal = 1;
    private long nextDelayed;
    /** When the first of the delayed chunks is due. */
    private Instant nextDue = Instant.MAX;

    LaneTask(LaneTopology topology, LaneMetrics metrics, ProcessorContext<byte[], Outgoing> context) {
        this.topology = topology;
        this.metrics = metrics;
        this.context = context;
        stores = LaneStores.of(context);
        duplicates = new Duplicates(
                topology.lanes().duplicatesHorizon(), topology.lanes().duplicatesMax());
        budgets = new Budgets(topology.budgets(), stores.spend(), metrics);
        pauses = new Pauses(stores.pauses(), metrics.pauses());
        inboxPartition = context.taskId().partition();
        restore();
        ticks = context.schedule(tickInterval(topology.lanes().ageMax()), PunctuationType.WALL_CLOCK_TIME, _ -> {
            var event = new LaneTickEvent(context.taskId().toString());
            tick();
            event.commit();
        });
    }

    /** A window closes at most a tenth of its age late. */
    private static Duration tickInterval(Duration ageMax) {
        var tenth = ageMax.dividedBy(10);
        return tenth.compareTo(TICK_MIN) < 0 ? TICK_MIN : tenth.compareTo(TICK_MAX) > 0 ? TICK_MAX : tenth;
    }

    void close() {
        ticks.cancel();
        lanes.values().forEach(Lane::close);
        models.values().forEach(ModelQuota::close);
        budgets.close();
        pauses.close();
    }

    // ---- events ----

    void process(Record<byte[], byte[]> record) {
        switch (decode(record.value())) {
            case RefChunk chunk -> arrived(chunk, record.value());
            case Signal signal -> {
                switch (signal.getKind()) {
                    case RETURNED -> returned(signal);
                    case SETTLED -> settled(signal);
                    case QUEUE_FULL -> queueFull(signal);
                }
            }
            case Command command -> {
                CrashPoint.LANE_COMMANDED.reached();
                commanded(command);
                CrashPoint.LANE_OBEYED.reached();
            }
            case Object other -> throw unreadable(other.getClass().getSimpleName() + " does not belong there");
        }
    }

    private Object decode(byte @Nullable [] value) {
        if (value == null) {
            throw unreadable("no value");
        }
        try {
            return InternalFormat.decodeAny(value);
        } catch (UnreadableRecordException e) {
            throw unreadable(e.getMessage());
        }
    }

    /** Only Halfrate writes the inbox, so what can't be read is a request of somebody; to skip it would lose that. */
    private IllegalStateException unreadable(@Nullable String why) {
        var where = context.recordMetadata()
                .map(at -> "%s-%d at offset %d".formatted(at.topic(), at.partition(), at.offset()))
                .orElse(topology.topics().laneInbox());
        return new IllegalStateException("unreadable record in " + where + ": " + why);
    }

    private void arrived(RefChunk chunk, byte[] framed) {
        var now = now();
        var sources = chunk.getSources();
        var absorbed = new ArrayList<Ref>();
        var conflicts = new ArrayList<Ref>();
        var fresh = select(chunk.getRefs(), ref -> switch (duplicates.admit(id(chunk.getPool(), ref), now)) {
            case FRESH -> {
                metrics.accepted();
                yield true;
            }
            case ABSORBED -> {
                metrics.absorbed();
                topology.tracing().absorbed(Result.Request.of(ref), now);
                absorbed.add(ref);
                yield false;
            }
            case CONFLICT -> {
                var source = sources.get(ref.getSource());
                deadLetter(ref, source.getTopic(), source.getTopicId().bytes());
                conflicts.add(ref);
                yield false;
            }
        });
        var lane = lane(chunk.getPool(), chunk.getLane());
        var hurried = select(fresh, ref -> hurried(lane, ref, now));
        var patient = hurried.isEmpty() ? fresh : select(fresh, ref -> !hurried(lane, ref, now));
        lane.add(LaneTotals.arrived(patient.size(), absorbed.size(), conflicts.size()));
        if (patient.isEmpty()) {
            store(lane);
        } else {
            enqueue(lane, chunk, framed, patient, now);
        }
        if (!hurried.isEmpty()) {
            sendAtOnce(chunk, hurried, now);
        }
    }

    /** @return whether a batch, as this lane's go, would answer it after its deadline */
    private boolean hurried(Lane lane, Ref ref, Instant now) {
        if (ref.getDeadline() == 0 || !makesBatches(lane)) {
            return false;
        }
        var deadline = Instant.ofEpochMilli(ref.getDeadline());
        return deadline.isBefore(endsBy(lane, now.plus(topology.lanes().ageMax())));
    }

    private static boolean makesBatches(Lane lane) {
        return !AtOnce.is(lane.id()) && !lane.account().equals(AccountLimits.UNKNOWN);
    }

    /** @return when a batch of the lane, created then, can be expected to have ended */
    private static Instant endsBy(Lane lane, Instant createdAt) {
        var unknown = Durations.parse("completion window", lane.id().getCompletionWindow());
        return lane.turnarounds().endsBy(createdAt, unknown);
    }

    /**
     * Requests that wait for room (a quota, a budget, batches in flight) do not wait until a batch is too late for them. Looks at
     * some of them at a time.
     */
    private void hasten(Lane lane, Instant now) {
        if (lane.firstDeadline().equals(Instant.MAX) || !makesBatches(lane) || pauses.holds(lane)) {
            return;
        }
        // Whoever is sealed at the tick that closes its window is in time, though that may come late by a tick.
        var late = endsBy(lane, now.minus(tickInterval(topology.lanes().ageMax())));
        if (!lane.firstDeadline().isBefore(late)) {
            return;
        }
        var queue = lane.state().queue();
        var chunks = new WaitingChunks(stores.chunks(), lane.key());
        var from = Math.max(lane.lookedUntil(), queue.firstSeq());
        var until = from;
        var near = false;
        var first = Instant.MAX;
        for (var looks = 0; until < queue.nextSeq() && looks < HASTENED_LOOKS_MAX; until++) {
            var chunk = chunks.apply(until);
            var deadlines = chunk.deadlines(until == queue.firstSeq() ? queue.skip() : 0)
                    .sorted()
                    .toList();
            near |= !deadlines.isEmpty() && deadlines.getFirst().isBefore(late);
            first = deadlines.stream()
                    .filter(deadline -> !deadline.isBefore(late))
                    .findFirst()
                    .filter(first::isAfter)
                    .orElse(first);
            looks += chunk.size();
        }
        if (near) {
            step(lane, new LaneEvent.DeadlinesNear(now, late, from, until), null);
        }
        lane.looked(until, first);
    }

    private void sendAtOnce(RefChunk chunk, List<Ref> refs, Instant now) {
        var diverted = RefChunk.newBuilder(chunk)
                .setLane(AtOnce.of(chunk.getLane()))
                .setRefs(refs)
                .build();
        var lane = lane(diverted.getPool(), diverted.getLane());
        lane.add(LaneTotals.arrived(refs.size(), 0, 0));
        enqueue(lane, diverted, InternalFormat.REF_CHUNK.encode(diverted), diverted.getRefs(), now);
        metrics.diverted(refs.size());
    }

    /** The sender has counted the attempts; the requests are the batch's own, so they are no repeats. */
    private void returned(Signal signal) {
        var batch = stores.batches().get(signal.getBatchId());
        var chunk = signal.getReturned();
        if (batch == null || batch.getSettledAt() != null || chunk == null) {
            metrics.ignored(signal.getKind());
            return;
        }
        var now = now();
        var lane = lane(chunk.getPool(), chunk.getLane());
        var unwanted = stores.cancelled(batch);
        var back = new HashSet<Id>();
        var refs = select(chunk.getRefs(), ref -> {
            var id = id(chunk.getPool(), ref);
            var known = duplicates.giveBack(batch.getOrdinal(), id);
            if (known) {
                back.add(id);
            } else if (unwanted.contains(id) && back.add(id)) {
                lane.addInBatches(-1);
                cancelled(lane, ref, now);
            } else {
                metrics.ignored(signal.getKind());
            }
            return known;
        });
        if (!back.isEmpty()) {
            stores.returned(signal.getBatchId(), batch, back);
            store(lane);
        }
        if (!refs.isEmpty()) {
            lane.addInBatches(-refs.size());
            var hurried = select(refs, ref -> hurried(lane, ref, now));
            var patient = hurried.isEmpty() ? refs : select(refs, ref -> !hurried(lane, ref, now));
            if (!hurried.isEmpty()) {
                lane.add(LaneTotals.NONE.minus(LaneTotals.arrived(hurried.size(), 0, 0)));
                store(lane);
                sendAtOnce(chunk, hurried, now);
            }
            if (!patient.isEmpty()) {
                enqueue(lane, chunk, InternalFormat.REF_CHUNK.encode(chunk), patient, now);
            }
        }
    }

    private static List<Ref> select(List<Ref> all, Predicate<Ref> wanted) {
        var refs = new ArrayList<Ref>(all.size());
        for (var ref : all) {
            if (wanted.test(ref)) {
                refs.add(ref);
            }
        }
        return refs;
    }

    /** @param refs some of the chunk's; they wait in their lane from now on, or when they are due */
    private void enqueue(Lane lane, RefChunk chunk, byte[] framed, List<Ref> refs, Instant now) {
        var waiting = refs.size() == chunk.getRefs().size()
                ? new WaitingChunks.Chunk(chunk, framed, now)
                : WaitingChunks.Chunk.of(chunk, refs, now);
        LaneCore.delayedUntil(Instant.ofEpochMilli(chunk.getNotBefore()), now)
                .ifPresentOrElse(
                        due -> delay(lane, due, waiting, now), () -> step(lane, arrival(waiting, now), waiting));
    }

    private static LaneEvent.Arrived arrival(WaitingChunks.Chunk chunk, Instant now) {
        return new LaneEvent.Arrived(now, chunk.size(), chunk.lineBytes(), chunk.expiresAt(0));
    }

    private void delay(Lane lane, Instant due, WaitingChunks.Chunk chunk, Instant now) {
        stores.delayed().put(LaneStores.delayedKey(due, lane.key(), nextDelayed++), chunk.stored());
        nextDue = due.isBefore(nextDue) ? due : nextDue;
        step(lane, new LaneEvent.Delayed(now, chunk.size()), null);
    }

    /** Lets delayed chunks into their lanes, some at a time. */
    private void release(Instant now) {
        if (nextDue.isAfter(now)) {
            return;
        }
        var items = 0;
        try (var delayed = stores.delayed().all()) {
            nextDue = Instant.MAX;
            while (delayed.hasNext() && nextDue.equals(Instant.MAX)) {
                var entry = delayed.next();
                var key = LaneStores.delayed(entry.key);
                if (key.due().isAfter(now) || items >= LaneCore.ITEMS_PER_STEP_MAX) {
                    nextDue = key.due();
                } else {
                    var chunk = WaitingChunks.Chunk.due(entry.value, now);
                    stores.delayed().delete(entry.key);
                    step(requireNonNull(lanes.get(key.lane())), new LaneEvent.Due(arrival(chunk, now)), chunk);
                    items += chunk.size();
                }
            }
        }
    }

    private void settled(Signal signal) {
        var now = now();
        var batchId = signal.getBatchId();
        var batch = stores.batches().get(batchId);
        if (batch == null || batch.getSettledAt() != null) {
            metrics.ignored(signal.getKind());
            return;
        }
        var succeeded = BitSet.valueOf(signal.getSucceeded());
        var known = 0;
        var item = 0;
        for (var id : stores.ids(batch)) {
            if (!succeeded.get(item++)) {
                duplicates.forget(batch.getOrdinal(), id);
            } else if (duplicates.owns(batch.getOrdinal(), id)) {
                known++;
            }
        }
        if (known == 0) {
            stores.delete(batchId, batch);
        } else {
            // Another host's clock may be ahead of ours; that must not make the horizon longer.
            var settledAt = Math.min(signal.getAt(), now.toEpochMilli());
            stores.batches()
                    .put(
                            batchId,
                            SealedBatch.newBuilder(batch)
                                    .setSettledAt(settledAt)
                                    .setSucceeded(signal.getSucceeded())
                                    .build());
            duplicates.settled(
                    new Duplicates.Ended(batch.getOrdinal(), batchId, Instant.ofEpochMilli(settledAt), known));
        }
        var lane = requireNonNull(lanes.get(Bytes.wrap(batch.getLane().bytes())));
        learn(lane, batch, signal, now);
        lane.add(LaneTotals.of(signal));
        if (signal.getTurnaroundMs() > 0) {
            lane.turnarounds(lane.turnarounds().plus(Duration.ofMillis(signal.getTurnaroundMs())));
        }
        lane.addInBatches(BitSet.valueOf(batch.getReturned()).cardinality() - batch.getItems());
        if (refused.remove(batchId)) {
            step(lane, new LaneEvent.Flushed(now), null);
        }
        hasten(lane, now);
        step(lane, new LaneEvent.Settled(now), null);
        forget(now);
    }

    private void learn(Lane lane, SealedBatch batch, Signal signal, Instant now) {
        lane.addBytesInFlight(-batch.getBytes());
        // What nobody knows the cost of has cost what was reserved for it.
        var uncosted = new Usd(batch.getReservedPicos()).share(signal.getUncostedCount(), batch.getItems());
        var paid = new Usd(signal.getCostPicos())
                .plus(new Usd(signal.getExposurePicos()))
                .plus(uncosted);
        budgets.settle(lane, batch.getReservedPicos(), paid.picos(), now);
        var bytes = signal.getAnsweredBytes();
        var estimated = batch.getBytes() == 0 ? 0 : (double) batch.getReservedTokens() * bytes / batch.getBytes();
        var model = model(lane);
        var knew = lane.ratio().isKnown();
        lane.answered(
                Math.round(estimated),
                bytes,
                signal.getInputTokens(),
                signal.getAnsweredCount(),
                signal.getOutputTokens());
        model.answered(
                lane.isEnqueued(),
                knew,
                bytes,
                signal.getInputTokens(),
                signal.getAnsweredCount(),
                signal.getOutputTokens(),
                now);
        stores.learned().put(model.key(), model.record());
    }

    /** Its requests come back before the batch settles, and are not to be sealed as before. */
    private void queueFull(Signal signal) {
        var lane = lanes.get(Lane.key(signal.getPool(), signal.getLane()));
        if (lane == null || signal.getLimitTokens() == 0) {
            metrics.ignored(signal.getKind());
            return;
        }
        var model = model(lane);
        model.refused(signal.getLimitTokens(), now());
        refused.add(signal.getBatchId());
        stores.learned().put(model.key(), model.record());
        LOG.info(
                "pool {}: {} may have {} enqueued tokens at a time, says its vendor",
                signal.getPool(),
                signal.getLane().getModel(),
                signal.getLimitTokens());
    }

    private void commanded(Command command) {
        switch (command.getKind()) {
            case FLUSH -> flush(command);
            case CANCEL_REQUEST -> cancel(command.getPool(), command.getTarget());
            case PAUSE -> pause(command);
            case RESUME -> resume(command);
            case CANCEL_BATCH -> {
                disown(command.getTarget());
                passOn(command);
            }
            case RESOLVE -> passOn(command);
            case POLL, UNKNOWN -> metrics.ignored(command.getKind());
        }
    }

    /** Whoever owns the request ends it: here, or, if it is in a batch, the ledger. It is free to be sent again at once. */
    private void cancel(String pool, String customId) {
        var id = hasher.id(pool, customId, new byte[Long.BYTES]);
        var inFlight = duplicates.inFlight(id);
        if (inFlight.isPresent()) {
            withdrawFromBatch(inFlight.getAsInt(), id);
        } else if (!duplicates.waiting(id) || !(withdrawWaiting(pool, customId) || withdrawDelayed(pool, customId))) {
            metrics.ignored(CommandKind.CANCEL_REQUEST);
        }
    }

    private boolean withdrawWaiting(String pool, String customId) {
        var ofPool =
                lanes.values().stream().filter(lane -> lane.pool().equals(pool)).toList();
        for (var lane : ofPool) {
            var queue = lane.state().queue();
            var chunks = new WaitingChunks(stores.chunks(), lane.key());
            for (var seq = queue.firstSeq(); seq < queue.nextSeq(); seq++) {
                var item = chunks.apply(seq).find(customId, seq == queue.firstSeq() ? queue.skip() : 0);
                if (item >= 0) {
                    step(lane, new LaneEvent.Withdrawn(now(), seq, item), null);
                    return true;
                }
            }
        }
        return false;
    }

    private boolean withdrawDelayed(String pool, String customId) {
        try (var delayed = stores.delayed().all()) {
            while (delayed.hasNext()) {
                var entry = delayed.next();
                var lane =
                        requireNonNull(lanes.get(LaneStores.delayed(entry.key).lane()));
                var chunk = WaitingChunks.Chunk.of(entry.value);
                var item = lane.pool().equals(pool) ? chunk.find(customId, 0) : -1;
                if (item >= 0) {
                    var others = new ArrayList<>(chunk.refs());
                    var ref = others.remove(item);
                    duplicates.end(id(pool, ref));
                    cancelled(lane, ref, now());
                    if (others.isEmpty()) {
                        stores.delayed().delete(entry.key);
                    } else {
                        stores.delayed()
                                .put(
                                        entry.key,
                                        WaitingChunks.Chunk.of(chunk.values(), others, chunk.arrivedAt())
                                                .stored());
                    }
                    step(lane, new LaneEvent.DelayedWithdrawn(now()), null);
                    return true;
                }
            }
        }
        return false;
    }

    private void withdrawFromBatch(int ordinal, Id id) {
        var entry = stores.inFlight(ordinal);
        var batch = entry.value;
        var item = 0;
        for (var known : stores.ids(batch)) {
            if (known.sameRequest(id)) {
                var cancelled = BitSet.valueOf(batch.getCancelled());
                cancelled.set(item);
                stores.batches()
                        .put(
                                entry.key,
                                SealedBatch.newBuilder(batch)
                                        .setCancelled(ByteBuffer.wrap(cancelled.toByteArray()))
                                        .build());
                duplicates.forget(ordinal, known);
                var lane = requireNonNull(lanes.get(Bytes.wrap(batch.getLane().bytes())));
                tell(lane, entry.key, item);
                return;
            }
            item++;
        }
        throw new IllegalStateException("batch %s does not have what it owns".formatted(entry.key));
    }

    /** The ledger may have sent the request back meanwhile; then it ends when it comes. */
    private void tell(Lane lane, String batchId, int item) {
        var command = Command.newBuilder()
                .setKind(CommandKind.CANCEL_REQUEST)
                .setCommandId("")
                .setPool(lane.pool())
                .setLane(null)
                .setTarget(batchId)
                .setArguments(Map.of(WorkKeys.ITEM, Integer.toString(item)))
                .setAt(now().toEpochMilli())
                .setBy("")
                .build();
        var value = new Outgoing(
                topology.topics().work(), InternalFormat.COMMAND.encode(command), workPartition(lane, batchId));
        forward(WorkKeys.withdrawal(batchId, item), value, new RecordHeaders(), LaneTopology.WORK);
    }

    private int workPartition(Lane lane, String batchId) {
        var together = lane.account().onePartition() && !AtOnce.is(lane.id());
        return WorkPartition.of(together ? lane.id().getAccount() : batchId, topology.workPartitions());
    }

    /** Its id may be another request's by now. */
    private void cancelled(Lane lane, Ref ref, Instant now) {
        lane.add(LaneTotals.cancelled(1));
        metrics.cancelled();
        var result = unsealed(
                lane, ref, Result.Status.CANCELLED, "cancelled", "the request was cancelled as it was asked for", now);
        publish(result);
    }

    private List<Lane> meant(Command command) {
        var account = argument(command, CommandArguments.ACCOUNT);
        var name = argument(command, CommandArguments.LANE);
        return lanes.values().stream()
                .filter(lane -> lane.pool().equals(command.getPool()))
                .filter(lane -> command.getLane() == null || lane.id().equals(command.getLane()))
                .filter(lane -> account.isEmpty() || lane.id().getAccount().equals(account))
                .filter(lane -> name.isEmpty() || LaneName.of(lane.id()).equals(name))
                .toList();
    }

    private static String argument(Command command, String name) {
        return command.getArguments().getOrDefault(name, "");
    }

    private void pause(Command command) {
        var account = argument(command, CommandArguments.ACCOUNT);
        var lane = argument(command, CommandArguments.LANE);
        pauses.add(new PauseRecord(command.getPool(), account, lane, command.getAt(), command.getBy()));
        LOG.info("{} is paused", lane.isEmpty() ? "account " + account : "lane " + lane);
    }

    private void resume(Command command) {
        var account = argument(command, CommandArguments.ACCOUNT);
        var lane = argument(command, CommandArguments.LANE);
        if (pauses.remove(command.getPool(), account, lane)) {
            LOG.info("{} goes on", lane.isEmpty() ? "account " + account : "lane " + lane);
            meant(command).forEach(resumed -> step(resumed, new LaneEvent.Ticked(now()), null));
        }
    }

    /** Its requests are free to be sent again at once, whatever the ledger has to wait for. */
    private void disown(String batchId) {
        var batch = stores.batches().get(batchId);
        if (batch == null || batch.getSettledAt() != null) {
            return;
        }
        var all = new BitSet();
        all.set(0, batch.getItems());
        for (var id : stores.ids(batch)) {
            duplicates.forget(batch.getOrdinal(), id);
        }
        stores.batches()
                .put(
                        batchId,
                        SealedBatch.newBuilder(batch)
                                .setCancelled(ByteBuffer.wrap(all.toByteArray()))
                                .build());
    }

    /** Which batch of the window is meant, and whether there still is one, the ledger knows. */
    private void passOn(Command command) {
        var windowId = WorkKeys.windowOf(command.getTarget());
        var batch = stores.batches().get(windowId);
        if (batch == null || batch.getSettledAt() != null) {
            metrics.ignored(command.getKind());
            return;
        }
        var lane = requireNonNull(lanes.get(Bytes.wrap(batch.getLane().bytes())));
        forward(
                WorkKeys.command(command.getKind(), command.getTarget()),
                new Outgoing(
                        topology.topics().work(),
                        InternalFormat.COMMAND.encode(command),
                        workPartition(lane, windowId)),
                new RecordHeaders(),
                LaneTopology.WORK);
    }

    private void flush(Command command) {
        var flushed = meant(command);
        if (flushed.isEmpty()) {
            metrics.ignored(command.getKind());
        }
        flushed.forEach(lane -> step(lane, new LaneEvent.Flushed(now()), null));
    }

    private void tick() {
        var now = now();
        release(now);
        // Requests that leave a lane may be the first of another one.
        for (var lane : List.copyOf(lanes.values())) {
            hasten(lane, now);
            step(lane, new LaneEvent.Ticked(now), null);
        }
        lanes.values().stream()
                .filter(Lane::looksLikeAGap)
                .forEach(lane -> LOG.error(
                        "lane {} does not balance: nothing is known of {} requests; this is a defect",
                        LaneName.of(lane.id()),
                        lane.gap()));
        dropIdle(now.minus(LANE_IDLE_MAX));
        models.values().stream()
                .filter(model -> model.forgetLimit(now))
                .forEach(model -> stores.learned().put(model.key(), model.record()));
        models.values().forEach(ModelQuota::show);
        budgets.forget(now);
        budgets.show(now);
        forget(now);
    }

    /** An empty lane has no chunks, and batch ids have their time in them: one that comes again may count from 0. */
    private void dropIdle(Instant since) {
        var idle =
                lanes.values().stream().filter(lane -> lane.isIdleSince(since)).toList();
        idle.forEach(lane -> {
            stores.retire(lane.totals());
            lane.close();
            stores.lanes().delete(lane.key());
            lanes.remove(lane.key());
            model(lane).leave(lane);
        });
        models.values().removeIf(model -> {
            var unused = model.isUnusedSince(since.minus(ModelQuota.KEPT_FOR));
            if (unused) {
                stores.learned().delete(model.key());
                model.close();
            }
            return unused;
        });
    }

    // ---- a step of the core, and its effects ----

    private void step(Lane lane, LaneEvent event, WaitingChunks.@Nullable Chunk arrived) {
        var model = model(lane);
        if (pauses.holds(lane)) {
            step(lane, event, arrived, model.room(lane).none());
            return;
        }
        if (model.bounds(lane)) {
            step(lane, event, arrived, model.room(lane).none());
            admit(model, event.at());
        } else {
            step(lane, event, arrived, room(model, lane, event.at()));
        }
        var room = model.room(lane);
        var purse = budgets.purse(lane, room.ratio(), event.at());
        if (purse.picos() <= purse.picosMin() && lane.core().wants(lane.state(), event.at(), room)) {
            budgets.held(lane, event.at());
        }
    }

    private Room room(ModelQuota model, Lane lane, Instant now) {
        var room = model.room(lane);
        return room.with(budgets.purse(lane, room.ratio(), now));
    }

    /** Lets the lanes of a model seal what the quota has room for, one batch each by turns. */
    private void admit(ModelQuota model, Instant now) {
        var passed = new HashSet<Lane>();
        while (true) {
            var wanting = model.lanes().stream()
                    .filter(lane -> model.bounds(lane) && !passed.contains(lane) && !pauses.holds(lane))
                    .filter(lane -> lane.core().wants(lane.state(), now, model.room(lane)))
                    .toList();
            if (wanting.isEmpty()) {
                return;
            }
            var wants = wanting.stream().map(model::want).toList();
            var room = model.room(wanting.getFirst());
            var turn = FairShares.next(wants, room.tokens(), room.tokensMin());
            var lane = wanting.get(turn.index());
            var ticked = new LaneEvent.Ticked(now);
            var sealed = step(lane, ticked, null, room(model, lane, now).upTo(turn.tokens()))
                    || step(lane, ticked, null, room(model, lane, now).upTo(Long.MAX_VALUE));
            if (!sealed && lane.bytesInFlight() == 0 && !lacksMoney(model, lane, now)) {
                return; // what it waits for would never be free if the others took it
            } else if (!sealed) {
                passed.add(lane);
            }
        }
    }

    /** @return whether it would seal if no budget bound it */
    private boolean lacksMoney(ModelQuota model, Lane lane, Instant now) {
        if (!budgets.binds(lane)) {
            return false;
        }
        var chunks = new WaitingChunks(stores.chunks(), lane.key());
        var unbounded = model.room(lane).upTo(Long.MAX_VALUE);
        return lane.core().on(lane.state(), new LaneEvent.Ticked(now), chunks, unbounded).effects().stream()
                .anyMatch(LaneEffect.Seal.class::isInstance);
    }

    /** @return whether a batch was sealed */
    private boolean step(Lane lane, LaneEvent event, WaitingChunks.@Nullable Chunk arrived, Room room) {
        var before = lane.state();
        var arrival = before.queue().nextSeq();
        var chunks = new WaitingChunks(stores.chunks(), lane.key());
        if (arrived != null) {
            chunks.add(arrival, arrived);
        }
        if (arrived != null) {
            arrived.deadlines(0).forEach(lane::addDeadline);
        }
        var step = lane.core().on(before, event, chunks, room);
        if (step.state().equals(before)) {
            return false;
        }
        var leaving = new ArrayList<Leaving>();
        for (var effect : step.effects()) {
            switch (effect) {
                case LaneEffect.Seal seal -> seal(lane, seal, chunks, room.ratio());
                case LaneEffect.Expire expire -> expire(lane, expire, chunks, event.at());
                case LaneEffect.Reject reject -> reject(lane, reject, chunks, event.at());
                case LaneEffect.Divert(var runs) -> leaving.addAll(leave(lane, runs, chunks));
                case LaneEffect.Hasten(var runs) -> {
                    leaving.addAll(leave(lane, runs, chunks));
                    bySeq(runs).forEach((seq, ofChunk) -> rewrite(lane, seq, ofChunk));
                }
                case LaneEffect.Withdraw(var run) -> {
                    var ref = chunks.apply(run.seq()).refs().get(run.from());
                    duplicates.end(id(lane.pool(), ref));
                    cancelled(lane, ref, event.at());
                    rewrite(lane, run.seq(), List.of(run));
                }
            }
        }
        var first = step.state().queue().firstSeq();
        if (arrived != null && first <= arrival) {
            stores.chunks().put(LaneStores.chunkKey(lane.key(), arrival), arrived.stored());
        }
        for (var seq = before.queue().firstSeq(); seq < Math.min(first, arrival); seq++) {
            stores.chunks().delete(LaneStores.chunkKey(lane.key(), seq));
        }
        lane.state(step.state(), event.at());
        store(lane);
        leaving.forEach(some -> sendAtOnce(some.chunk(), some.refs(), event.at()));
        return step.state().nextBatch() > before.nextBatch();
    }

    private void store(Lane lane) {
        stores.lanes().put(lane.key(), LaneStores.record(lane));
    }

    private void seal(Lane lane, LaneEffect.Seal seal, WaitingChunks chunks, TokenRatio ratio) {
        var ordinal = nextOrdinal++;
        var batchId = lane.batchId(seal.at(), inboxPartition, seal.number());
        var workPartition = workPartition(lane, batchId);
        var manifest = Manifest.of(seal.runs(), chunks);
        for (var index = 0; index < manifest.parts().size(); index++) {
            var ids = new ArrayList<Id>();
            manifest.parts().get(index).refs().forEach(ref -> ids.add(id(lane.pool(), ref)));
            ids.forEach(id -> duplicates.own(ordinal, id));
            stores.ids().put(LaneStores.idsKey(ordinal, index), LaneStores.sealedIds(ids));
        }
        stores.batches()
                .put(
                        batchId,
                        SealedBatch.newBuilder()
                                .setOrdinal(ordinal)
                                .setLane(new Hash(lane.key().get()))
                                .setItems(seal.items())
                                .setChunks(manifest.parts().size())
                                .setSucceeded(ByteBuffer.allocate(0))
                                .setReturned(ByteBuffer.allocate(0))
                                .setReservedTokens(ratio.tokens(seal.bytes()))
                                .setBytes(seal.bytes())
                                .setReservedPicos(seal.picos())
                                .build());
        lane.addBytesInFlight(seal.bytes());
        budgets.reserve(lane, seal.picos());
        for (var chunk : manifest.chunks(batchId, lane, seal, workPartition, inboxPartition)) {
            var key = WorkKeys.chunk(batchId, chunk.getIndex());
            var value =
                    new Outgoing(topology.topics().work(), InternalFormat.MANIFEST_CHUNK.encode(chunk), workPartition);
            forward(key, value, new RecordHeaders(), LaneTopology.WORK);
        }
        lane.addInBatches(seal.items());
        CrashPoint.SEAL_WRITTEN.reached();
        metrics.sealed(seal.by());
    }

    private void expire(Lane lane, LaneEffect.Expire expire, WaitingChunks chunks, Instant now) {
        for (var run : expire.runs()) {
            for (var ref : Manifest.refs(chunks.apply(run.seq()), List.of(run))) {
                duplicates.end(id(lane.pool(), ref));
                lane.add(LaneTotals.expired(1));
                metrics.expired();
                publish(unsealed(
                        lane,
                        ref,
                        Rejection.REQUEST_EXPIRED,
                        "no batch answered the request within its life (requests.ttl): send it again",
                        now));
            }
        }
    }

    /** Some of a chunk's requests, which are to be sent at once. */
    private record Leaving(RefChunk chunk, List<Ref> refs) {}

    /** They arrive at another lane instead. */
    private static List<Leaving> leave(Lane lane, List<LaneEffect.Run> runs, WaitingChunks chunks) {
        var leaving = new ArrayList<Leaving>();
        bySeq(runs).forEach((seq, ofChunk) -> {
            var chunk = chunks.apply(seq);
            var refs = Manifest.refs(chunk, ofChunk);
            leaving.add(new Leaving(chunk.values(), refs));
            lane.add(LaneTotals.NONE.minus(LaneTotals.arrived(refs.size(), 0, 0)));
        });
        return leaving;
    }

    private static Map<Long, List<LaneEffect.Run>> bySeq(List<LaneEffect.Run> runs) {
        return runs.stream().collect(Collectors.groupingBy(LaneEffect.Run::seq, TreeMap::new, Collectors.toList()));
    }

    /** What leaves from among the others is marked where it waited. */
    private void rewrite(Lane lane, long seq, List<LaneEffect.Run> runs) {
        var key = LaneStores.chunkKey(lane.key(), seq);
        stores.chunks()
                .put(
                        key,
                        WaitingChunks.Chunk.of(stores.chunks().get(key))
                                .without(runs)
                                .stored());
    }

    private void reject(Lane lane, LaneEffect.Reject reject, WaitingChunks chunks, Instant now) {
        var reason = budgets.reason(lane, now);
        for (var run : reject.runs()) {
            for (var ref : Manifest.refs(chunks.apply(run.seq()), List.of(run))) {
                duplicates.end(id(lane.pool(), ref));
                lane.add(LaneTotals.rejected(1));
                metrics.rejected();
                publish(unsealed(lane, ref, Rejection.BUDGET_EXCEEDED, reason, now));
            }
        }
    }

    private static Result unsealed(Lane lane, Ref ref, Rejection rejection, String message, Instant now) {
        return unsealed(lane, ref, rejection.status(), rejection.code(), message, now);
    }

    private static Result unsealed(Lane lane, Ref ref, Result.Status status, String code, String message, Instant now) {
        return Result.unsent(
                Result.Request.of(ref),
                status,
                lane.account().provider(),
                lane.id().getAccount(),
                lane.id().getModel(),
                new Result.Failure(code, message, false),
                ref.getAttempts(),
                now);
    }

    private void publish(Result result) {
        topology.tracing().answering(result);
        var topic = topology.results().of(result.request().rule());
        forward(topology.feeds().toRecord(topic, result), LaneTopology.RESULTS);
    }

    private void deadLetter(Ref ref, String topic, byte[] topicId) {
        var id = ByteBuffer.wrap(topicId);
        var letter = new DeadLetter(
                DeadLetter.Reason.ID_CONFLICT,
                "a request with this custom_id and another content is in flight: use a new custom_id, or wait for its result",
                topic,
                new Uuid(id.getLong(), id.getLong()).toString(),
                ref.getPartition(),
                ref.getOffset(),
                ref.getRequestedAt(),
                null,
                null,
                ref.getCustomId(),
                ref.getTraceparent(),
                0);
        metrics.deadLettered(letter.reason());
        topology.tracing().burying(letter, now());
        forward(DeadLetterCodec.toRecord(topology.topics().deadLetters(), letter), LaneTopology.DEAD_LETTERS);
    }

    private void forward(ProducerRecord<byte[], byte[]> record, String sink) {
        forward(record.key(), new Outgoing(record.topic(), record.value(), Outgoing.BY_KEY), record.headers(), sink);
    }

    @SuppressWarnings("NullAway") // A record may have no key; Kafka's interfaces are not annotated.
    private void forward(byte @Nullable [] key, Outgoing value, Headers headers, String sink) {
        context.forward(new Record<>(key, value, context.currentSystemTimeMs(), headers), sink);
    }

    /** Lets go of ids whose time has come, some at a time. */
    private void forget(Instant now) {
        var items = 0;
        while (items < LaneCore.ITEMS_PER_STEP_MAX) {
            var due = duplicates.nextToForget(now).orElse(null);
            if (due == null) {
                return;
            }
            var batch = stores.batches().get(due.batchId());
            stores.ids(batch).forEach(id -> duplicates.forget(due.ordinal(), id));
            stores.delete(due.batchId(), batch);
            items += batch.getItems();
        }
    }

    // ---- what is kept in memory ----

    private void restore() {
        var now = now();
        try (var all = stores.learned().all()) {
            all.forEachRemaining(entry ->
                    model(entry.value.getPool(), entry.value.getModel()).restore(entry.value));
        }
        try (var all = stores.lanes().all()) {
            all.forEachRemaining(entry -> {
                if (!entry.key.equals(LaneStores.RETIRED)) {
                    var lane = lane(entry.value.getPool(), entry.value.getLane());
                    lane.state(LaneStores.state(entry.value), now);
                    lane.add(LaneTotals.of(entry.value));
                    lane.turnarounds(LaneStores.turnarounds(entry.value));
                    lane.learned(LaneStores.ratio(entry.value), entry.value.getEstimateErrorPermille());
                }
            });
        }
        restoreSealed();
        // Last, because a request that was returned by a batch in flight belongs to its lane.
        try (var all = stores.chunks().all()) {
            all.forEachRemaining(entry -> {
                var lane = requireNonNull(lanes.get(LaneStores.laneOf(entry.key)));
                var queue = lane.state().queue();
                var chunk = WaitingChunks.Chunk.of(entry.value);
                var from = LaneStores.seqOf(entry.key) == queue.firstSeq() ? queue.skip() : 0;
                chunk.deadlines(from).forEach(lane::addDeadline);
                waits(chunk, from);
            });
        }
        try (var all = stores.delayed().all()) {
            all.forEachRemaining(entry -> {
                var key = LaneStores.delayed(entry.key);
                nextDelayed = Math.max(nextDelayed, key.seq() + 1);
                nextDue = key.due().isBefore(nextDue) ? key.due() : nextDue;
                waits(WaitingChunks.Chunk.of(entry.value), 0);
            });
        }
    }

    private void waits(WaitingChunks.Chunk chunk, int from) {
        for (var item = from; item < chunk.size(); item++) {
            if (!chunk.hasLeft(item)) {
                duplicates.waits(id(chunk.values().getPool(), chunk.refs().get(item)));
            }
        }
    }

    private void restoreSealed() {
        var batches = new HashMap<Integer, SealedBatch>();
        try (var all = stores.batches().all()) {
            all.forEachRemaining(entry -> {
                var batch = entry.value;
                batches.put(batch.getOrdinal(), batch);
                nextOrdinal = Math.max(nextOrdinal, batch.getOrdinal() + 1);
                if (batch.getSettledAt() == null) {
                    var lane =
                            requireNonNull(lanes.get(Bytes.wrap(batch.getLane().bytes())));
                    lane.addInBatches(batch.getItems()
                            - BitSet.valueOf(batch.getReturned()).cardinality());
                    lane.addBytesInFlight(batch.getBytes());
                    budgets.reserve(lane, batch.getReservedPicos());
                } else {
                    duplicates.settled(new Duplicates.Ended(
                            batch.getOrdinal(),
                            entry.key,
                            Instant.ofEpochMilli(batch.getSettledAt()),
                            BitSet.valueOf(batch.getSucceeded()).cardinality()));
                }
            });
        }
        // In the order of sealing: an id that went through several batches belongs to the last one.
        batches.keySet().stream().sorted().forEach(ordinal -> {
            var batch = requireNonNull(batches.get(ordinal));
            var succeeded = BitSet.valueOf(batch.getSucceeded());
            var returned = BitSet.valueOf(batch.getReturned());
            var cancelled = BitSet.valueOf(batch.getCancelled());
            var item = 0;
            for (var id : stores.ids(batch)) {
                if (batch.getSettledAt() == null
                        ? !returned.get(item) && !cancelled.get(item)
                        : succeeded.get(item) && !cancelled.get(item)) {
                    duplicates.own(ordinal, id);
                }
                item++;
            }
        });
    }

    private Lane lane(String pool, LaneId id) {
        return lanes.computeIfAbsent(Lane.key(pool, id), key -> {
            var account = topology.accounts().getOrDefault(id.getAccount(), AccountLimits.UNKNOWN);
            if (account.equals(AccountLimits.UNKNOWN)) {
                LOG.warn("account {} is not configured any more: its requests wait until they expire", id.getAccount());
            }
            var core = new LaneCore(account.within(topology.lanes(), id));
            var lane = new Lane(key, pool, id, account, core, metrics.level(id), now());
            model(lane).join(lane);
            return lane;
        });
    }

    private ModelQuota model(Lane lane) {
        return model(lane.pool(), lane.id().getModel());
    }

    private ModelQuota model(String pool, String name) {
        return models.computeIfAbsent(
                ModelQuota.key(pool, name), _ -> new ModelQuota(pool, name, metrics.enqueued(pool, name), now()));
    }

    private Id id(String pool, Ref ref) {
        return hasher.id(pool, ref.getCustomId(), ref.getContent().bytes());
    }

    private Instant now() {
        return Instant.ofEpochMilli(context.currentSystemTimeMs());
    }
}
