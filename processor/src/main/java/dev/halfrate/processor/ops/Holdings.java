package dev.halfrate.processor.ops;

import dev.halfrate.processor.balance.BatchFigures;
import dev.halfrate.processor.balance.LaneName;
import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.balance.Spends;
import dev.halfrate.processor.config.HalfrateConfig;
import dev.halfrate.processor.money.BatchSpend;
import dev.halfrate.processor.money.Budget;
import dev.halfrate.processor.money.Report;
import dev.halfrate.processor.money.Usd;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneRecord;
import dev.halfrate.schemas.internal.LearnedRecord;
import dev.halfrate.schemas.internal.LedgerRecord;
import dev.halfrate.schemas.internal.PauseRecord;
import dev.halfrate.schemas.internal.SealedBatch;
import dev.halfrate.schemas.internal.SpendRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * What ledger and lanes hold of all processes, without what takes room: no refs, ids and bits of items. Safe for threads.
 *
 * <p>Made of the ledger, not of the public feed of batches: that may be in a form that only others read.
 */
public final class Holdings {
    /** Of batches that are over; of more only figures are kept. */
    static final int OVER_MAX = 10_000;

    static final Duration OVER_FOR = Duration.ofDays(1);

    private static final int BYTES_PER_TOKEN = 4;
    private static final String RETIRED_LANES = "(idle lanes)";

    /** What is read. */
    public enum Part {
        LEDGER,
        LANES,
        SEALED,
        SPEND,
        PAUSES,
        LEARNED;

        String topic(HalfrateConfig config) {
            return switch (this) {
                case LEDGER -> config.topics().ledger();
                case LANES -> config.lanesChangelog("lanes");
                case SEALED -> config.lanesChangelog("batches");
                case SPEND -> config.lanesChangelog("spend");
                case PAUSES -> config.lanesChangelog("pauses");
                case LEARNED -> config.lanesChangelog("learned");
            };
        }
    }

    /** Each inbox partition has a record of its own for what idle lanes left. */
    private record LaneKey(int partition, Bytes lane) {}

    /** @param requests that have neither ended nor gone back */
    private record Sealed(LaneKey lane, long requests, long bytes, long reservedPicos) {}

    private record Counted(BatchFigures figures, BatchSpend spend) {}

    private final Map<LaneKey, LaneRecord> lanes = new HashMap<>();
    private final Map<String, Sealed> sealed = new HashMap<>();
    private final Map<String, SpendRecord> spend = new HashMap<>();
    private final Map<String, PauseRecord> pauses = new HashMap<>();
    private final Map<Bytes, LearnedRecord> learned = new HashMap<>();
    private final Map<String, Counted> counted = new HashMap<>();
    private final Map<String, BatchView> batches = new HashMap<>();
    private @Nullable Instant readAt;

    /** Begins anew. */
    synchronized void clear() {
        lanes.clear();
        sealed.clear();
        spend.clear();
        pauses.clear();
        learned.clear();
        counted.clear();
        batches.clear();
        readAt = null;
    }

    /** Takes in a record; no value takes away what its key had. */
    public synchronized void take(Part part, int partition, byte[] key, byte @Nullable [] value, Instant now) {
        var name = new String(key, StandardCharsets.UTF_8);
        switch (part) {
            case LEDGER -> takeBatch(name, value, now);
            case LANES -> {
                var lane = new LaneKey(partition, Bytes.wrap(key));
                if (value == null) {
                    lanes.remove(lane);
                } else {
                    lanes.put(lane, InternalFormat.LANE_RECORD.decode(value));
                }
            }
            case SEALED ->
                takeSealed(name, partition, value == null ? null : InternalFormat.SEALED_BATCH.decode(value));
            case PAUSES -> {
                if (value == null) {
                    pauses.remove(name);
                } else {
                    pauses.put(name, InternalFormat.PAUSE_RECORD.decode(value));
                }
            }
            case LEARNED -> {
                if (value == null) {
                    learned.remove(Bytes.wrap(key));
                } else {
                    learned.put(Bytes.wrap(key), InternalFormat.LEARNED_RECORD.decode(value));
                }
            }
            case SPEND -> {
                if (value == null) {
                    spend.remove(name);
                } else {
                    spend.put(name, InternalFormat.SPEND_RECORD.decode(value));
                }
            }
        }
    }

    private void takeBatch(String batchId, byte @Nullable [] value, Instant now) {
        if (value == null) {
            counted.remove(batchId);
            batches.remove(batchId);
        } else if (InternalFormat.decodeAny(value) instanceof LedgerRecord batch) {
            var view = BatchView.of(batch);
            counted.put(batchId, new Counted(BatchFigures.of(batch), Spends.counted(batch, now)));
            batches.put(batchId, view);
        }
    }

    private void takeSealed(String batchId, int partition, @Nullable SealedBatch batch) {
        if (batch == null || batch.getSettledAt() != null) {
            sealed.remove(batchId);
        } else {
            var returned = BitSet.valueOf(batch.getReturned()).cardinality();
            sealed.put(
                    batchId,
                    new Sealed(
                            new LaneKey(partition, Bytes.wrap(batch.getLane().bytes())),
                            (long) batch.getItems() - returned,
                            batch.getBytes(),
                            batch.getReservedPicos()));
        }
    }

    /** Forgets batches that have long been over, and the oldest ones if they are too many; their figures stay. */
    synchronized void trim(Instant now) {
        var over = batches.values().stream()
                .filter(BatchView::isOver)
                .sorted(Comparator.comparing(BatchView::changedAt).reversed())
                .toList();
        for (var rank = 0; rank < over.size(); rank++) {
            var batch = over.get(rank);
            if (rank >= OVER_MAX || batch.changedAt().isBefore(now.minus(OVER_FOR))) {
                batches.remove(batch.batchId());
            }
        }
    }

    /** Everything that was committed has been read. */
    public synchronized void complete(Instant now) {
        readAt = now;
    }

    /** @return when everything that was committed had last been read; empty before it was for the first time */
    public synchronized Optional<Instant> readAt() {
        return Optional.ofNullable(readAt);
    }

    /** @return those that are not over, and of the others the latest of a day; the latest first */
    public synchronized List<BatchView> batches() {
        return batches.values().stream()
                .sorted(Comparator.comparing(BatchView::sealedAt)
                        .thenComparing(BatchView::batchId)
                        .reversed())
                .toList();
    }

    public synchronized Optional<BatchView> batch(String batchId) {
        return Optional.ofNullable(batches.get(batchId));
    }

    /** @return the busiest first, without what they wait for: {@link LaneWaits} knows */
    public List<LaneView> lanes() {
        return laneFacts().stream().map(LaneFacts::view).toList();
    }

    /**
     * A lane, and what decides whether it goes on.
     *
     * @param flushed whether an operator wants its window closed
     * @param waitingTokens by estimate
     * @param model what is known of it in the lane's pool, null for nothing
     * @param enqueuedTokens of all lanes of the model and pool, by estimate
     */
    record LaneFacts(
            LaneView view,
            boolean flushed,
            long waitingTokens,
            @Nullable LearnedRecord model,
            long enqueuedTokens) {}

    /** @return the busiest first */
    synchronized List<LaneFacts> laneFacts() {
        var inBatches = inBatches();
        var models = new HashMap<PoolModel, LearnedRecord>();
        learned.values().forEach(model -> models.put(new PoolModel(model.getPool(), model.getModel()), model));
        var enqueued = new HashMap<PoolModel, Long>();
        for (var batch : sealed.values()) {
            var lane = lanes.get(batch.lane());
            if (lane != null && !AtOnce.is(lane.getLane())) {
                var of = PoolModel.of(lane);
                enqueued.merge(of, tokens(lane, models.get(of), batch.bytes()), Long::sum);
            }
        }
        return lanes.entrySet().stream()
                .filter(lane -> !lane.getValue().getPool().isEmpty())
                .map(entry -> {
                    var lane = entry.getValue();
                    var of = PoolModel.of(lane);
                    return new LaneFacts(
                            view(lane, inBatches.getOrDefault(entry.getKey(), 0L)),
                            lane.getWaiting() > 0 && lane.getFirstSeq() < lane.getFlushedUntil(),
                            tokens(lane, models.get(of), lane.getWaitingBytes()),
                            models.get(of),
                            enqueued.getOrDefault(of, 0L));
                })
                .sorted(Comparator.comparingLong(
                                (LaneFacts lane) -> lane.view().totals().accepted())
                        .reversed()
                        .thenComparing(lane -> lane.view().lane()))
                .toList();
    }

    private record PoolModel(String pool, String model) {
        static PoolModel of(LaneRecord lane) {
            return new PoolModel(lane.getPool(), lane.getLane().getModel());
        }
    }

    /** As lanes do: by what was learned of the lane, or else of the model, or else of all text. */
    private static long tokens(LaneRecord lane, @Nullable LearnedRecord model, long bytes) {
        if (lane.getLearnedInputTokens() > 0) {
            return scaled(bytes, lane.getLearnedInputTokens(), lane.getLearnedBytes());
        }
        return model != null && model.getLearnedInputTokens() > 0
                ? scaled(bytes, model.getLearnedInputTokens(), model.getLearnedBytes())
                : Math.ceilDiv(bytes, BYTES_PER_TOKEN);
    }

    private static long scaled(long bytes, long learnedTokens, long learnedBytes) {
        return (long) Math.ceil((double) bytes * learnedTokens / learnedBytes);
    }

    private static LaneView view(LaneRecord lane, long inBatches) {
        var id = lane.getLane();
        return new LaneView(
                LaneName.of(id),
                lane.getPool(),
                id.getAccount(),
                id.getModel(),
                id.getEndpoint(),
                id.getApiVersion(),
                List.copyOf(id.getBetas()),
                id.getCompletionWindow(),
                id.getTag(),
                lane.getWaiting(),
                lane.getWaitingBytes(),
                lane.getDelayed(),
                inBatches,
                lane.getInFlight(),
                lane.getWaiting() == 0 ? null : Instant.ofEpochMilli(lane.getHeadArrivedAt()),
                LaneTotals.of(lane),
                turnaround(lane.getTurnaroundsMs()),
                null,
                List.of());
    }

    /** @return those of {@link #lanes}, and what idle ones left */
    synchronized List<Status.Lane> laneSums() {
        var inBatches = inBatches();
        var retired = LaneTotals.NONE;
        var sums = new ArrayList<Status.Lane>();
        for (var entry : lanes.entrySet()) {
            var lane = entry.getValue();
            if (lane.getPool().isEmpty()) {
                retired = retired.plus(LaneTotals.of(lane));
            } else {
                sums.add(new Status.Lane(
                        LaneName.of(lane.getLane()),
                        LaneTotals.of(lane),
                        (long) lane.getWaiting() + lane.getDelayed(),
                        inBatches.getOrDefault(entry.getKey(), 0L),
                        turnaround(lane.getTurnaroundsMs()),
                        lane.getLearnedBytes() == 0 ? null : lane.getEstimateErrorPermille()));
            }
        }
        sums.sort(Comparator.comparingLong((Status.Lane lane) -> lane.totals().accepted())
                .reversed()
                .thenComparing(Status.Lane::name));
        if (!retired.equals(LaneTotals.NONE)) {
            sums.add(new Status.Lane(RETIRED_LANES, retired, 0, 0));
        }
        return sums;
    }

    /** @return the oldest first */
    public synchronized List<Status.Pause> pauses() {
        return pauses.values().stream()
                .map(pause -> new Status.Pause(
                        pause.getLane().isEmpty() ? pause.getAccount() : pause.getLane(),
                        Instant.ofEpochMilli(pause.getAt()),
                        pause.getBy()))
                .sorted(Comparator.comparing(Status.Pause::since))
                .toList();
    }

    private static Status.@Nullable Turnaround turnaround(List<Long> millis) {
        if (millis.isEmpty()) {
            return null;
        }
        var sorted = millis.stream().sorted().toList();
        return new Status.Turnaround(sorted.size(), sorted.getFirst(), ranked(sorted, 50), ranked(sorted, 90));
    }

    /** @return what so many percent of them were at most */
    private static long ranked(List<Long> sorted, int percent) {
        return sorted.get((sorted.size() * percent + 99) / 100 - 1);
    }

    /** @return requests in batches that have not settled, by the key of their lane */
    private Map<LaneKey, Long> inBatches() {
        var inBatches = new HashMap<LaneKey, Long>();
        sealed.values().forEach(batch -> inBatches.merge(batch.lane(), batch.requests(), Long::sum));
        return inBatches;
    }

    public synchronized List<Status.Budget> budgets(List<Budget> configured, Instant now) {
        var today = LocalDate.ofInstant(now, ZoneOffset.UTC);
        var reserved = new HashMap<LaneRecord, Long>();
        for (var batch : sealed.values()) {
            var payer = lanes.get(batch.lane());
            if (payer != null) {
                reserved.merge(payer, batch.reservedPicos(), Long::sum);
            }
        }
        return configured.stream()
                .map(budget -> new Status.Budget(
                        budget.name(),
                        budget.limit(),
                        sum(spend.values().stream()
                                .filter(day -> budget.binds(day.getPool(), day.getTag())
                                        && budget.counts(LocalDate.ofEpochDay(day.getDay()), today))
                                .map(SpendRecord::getPicos)),
                        sum(reserved.entrySet().stream()
                                .filter(payer -> budget.binds(
                                        payer.getKey().getPool(),
                                        payer.getKey().getLane().getTag()))
                                .map(Map.Entry::getValue)),
                        budget.atLimit() == Budget.AtLimit.REJECT))
                .toList();
    }

    private static Usd sum(Stream<Long> picos) {
        return picos.map(Usd::new).reduce(Usd.ZERO, Usd::plus);
    }

    synchronized Status.Ledger ledger() {
        var states = new TreeMap<String, Long>();
        var doubts = 0L;
        var twins = 0L;
        var billedTwice = 0L;
        var released = 0L;
        var missing = 0L;
        var called = 0L;
        var hedged = 0L;
        var late = 0L;
        for (var batch : counted.values()) {
            var figures = batch.figures();
            states.merge(figures.state(), 1L, Long::sum);
            doubts += figures.doubt() ? 1 : 0;
            twins += figures.twins();
            billedTwice += figures.billedTwice();
            released += figures.released();
            missing += figures.missing();
            called += figures.called();
            hedged += figures.hedged();
            late += figures.late();
        }
        var holds = batches.values().stream()
                .filter(BatchView::hold)
                .map(batch -> new Status.Hold(
                        batch.batchId(),
                        batch.lane(),
                        batch.open(),
                        batch.changedAt(),
                        batch.reason(),
                        batch.attempts().isEmpty()
                                ? 0
                                : batch.attempts().getLast().number()))
                .sorted(Comparator.comparing(Status.Hold::since))
                .toList();
        return new Status.Ledger(
                states,
                doubts,
                holds,
                twins,
                billedTwice,
                released,
                missing,
                called,
                hedged,
                late,
                Report.total(spends()));
    }

    /** @return what was spent on each batch that the ledger holds */
    public synchronized List<BatchSpend> spends() {
        return counted.values().stream().map(Counted::spend).toList();
    }
}
