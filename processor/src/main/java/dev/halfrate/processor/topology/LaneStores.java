package dev.halfrate.processor.topology;

import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.lane.Id;
import dev.halfrate.processor.lane.LaneState;
import dev.halfrate.processor.lane.TokenRatio;
import dev.halfrate.processor.lane.Turnarounds;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.LaneRecord;
import dev.halfrate.schemas.internal.LearnedRecord;
import dev.halfrate.schemas.internal.SealedBatch;
import dev.halfrate.schemas.internal.SealedIds;
import dev.halfrate.schemas.internal.SpendRecord;
import dev.halfrate.schemas.internal.WaitingChunk;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * What an inbox partition's lanes keep. Names and formats are public: other releases read them.
 *
 * @param lanes one small record per lane
 * @param chunks refs that wait
 * @param delayed refs that are to be tried again later, in the order in which they are due
 * @param ids ids of sealed batches, written once
 * @param batches sealed batches that are in flight or whose ids are still known
 * @param learned what is known of models, whether there are lanes of theirs or not
 * @param spend what was spent, by pool, tag and day
 */
record LaneStores(
        KeyValueStore<Bytes, LaneRecord> lanes,
        KeyValueStore<Bytes, WaitingChunk> chunks,
        KeyValueStore<Bytes, WaitingChunk> delayed,
        KeyValueStore<Bytes, SealedIds> ids,
        KeyValueStore<String, SealedBatch> batches,
        KeyValueStore<Bytes, LearnedRecord> learned,
        KeyValueStore<String, SpendRecord> spend) {

    static final String LANES = "lanes";
    static final String CHUNKS = "chunks";
    static final String DELAYED = "delayed";
    static final String IDS = "ids";
    static final String BATCHES = "batches";
    private static final String LEARNED = "learned";
    private static final String SPEND = "spend";
    private static final int LANE_KEY_BYTES = 16;

    static final Bytes RETIRED = Bytes.wrap(new byte[LANE_KEY_BYTES]);

    /** Chunks and ids are deleted soon after they are written, so their changelogs are cleaned early and in small segments. */
    private static final Map<String, String> CHANGELOG = Map.of(
            "max.message.bytes", String.valueOf(LaneStreamsSettings.MESSAGE_BYTES_MAX),
            "min.cleanable.dirty.ratio", "0.2",
            "segment.bytes", String.valueOf(64 << 20));

    static LaneStores of(ProcessingContext context) {
        return new LaneStores(
                context.getStateStore(LANES),
                context.getStateStore(CHUNKS),
                context.getStateStore(DELAYED),
                context.getStateStore(IDS),
                context.getStateStore(BATCHES),
                context.getStateStore(LEARNED),
                context.getStateStore(SPEND));
    }

    static List<StoreBuilder<?>> builders() {
        return List.of(
                // Changes with every event; the cache makes that one changelog record per lane and commit.
                builder(LANES, Serdes.Bytes(), InternalFormat.LANE_RECORD).withCachingEnabled(),
                builder(CHUNKS, Serdes.Bytes(), InternalFormat.WAITING_CHUNK),
                builder(DELAYED, Serdes.Bytes(), InternalFormat.WAITING_CHUNK),
                builder(IDS, Serdes.Bytes(), InternalFormat.SEALED_IDS),
                builder(BATCHES, Serdes.String(), InternalFormat.SEALED_BATCH),
                builder(LEARNED, Serdes.Bytes(), InternalFormat.LEARNED_RECORD),
                builder(SPEND, Serdes.String(), InternalFormat.SPEND_RECORD));
    }

    private static <K, V extends SpecificRecordBase> StoreBuilder<KeyValueStore<K, V>> builder(
            String name, Serde<K> keys, InternalFormat<V> values) {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), keys, serde(values))
                .withLoggingEnabled(CHANGELOG)
                .withCachingDisabled();
    }

    @SuppressWarnings("NullAway") // Kafka's null stands for a deleted value; its interfaces are not annotated.
    private static <V extends SpecificRecordBase> Serde<V> serde(InternalFormat<V> format) {
        return Serdes.serdeFrom(
                (_, value) -> value == null ? null : format.encode(value),
                (_, bytes) -> bytes == null ? null : format.decode(bytes));
    }

    static Bytes chunkKey(Bytes lane, long seq) {
        return Bytes.wrap(ByteBuffer.allocate(LANE_KEY_BYTES + Long.BYTES)
                .put(lane.get())
                .putLong(seq)
                .array());
    }

    static Bytes laneOf(Bytes chunkKey) {
        return Bytes.wrap(Arrays.copyOf(chunkKey.get(), LANE_KEY_BYTES));
    }

    static long seqOf(Bytes chunkKey) {
        return ByteBuffer.wrap(chunkKey.get()).getLong(LANE_KEY_BYTES);
    }

    /** In the order in which they are due, whatever their lanes. */
    static Bytes delayedKey(Instant due, Bytes lane, long seq) {
        return Bytes.wrap(ByteBuffer.allocate(Long.BYTES + LANE_KEY_BYTES + Long.BYTES)
                .putLong(due.toEpochMilli())
                .put(lane.get())
                .putLong(seq)
                .array());
    }

    static Delayed delayed(Bytes key) {
        var parts = ByteBuffer.wrap(key.get());
        var due = Instant.ofEpochMilli(parts.getLong());
        var lane = new byte[LANE_KEY_BYTES];
        parts.get(lane);
        return new Delayed(due, Bytes.wrap(lane), parts.getLong());
    }

    /** What the key of a delayed chunk says. */
    record Delayed(Instant due, Bytes lane, long seq) {}

    /** In the order of sealing, which is what a restart has to read them in. */
    static Bytes idsKey(int ordinal, int index) {
        return Bytes.wrap(ByteBuffer.allocate(2 * Integer.BYTES)
                .putInt(ordinal)
                .putInt(index)
                .array());
    }

    static int ordinalOf(Bytes idsKey) {
        return ByteBuffer.wrap(idsKey.get()).getInt();
    }

    static SealedIds sealedIds(List<Id> ids) {
        var bytes = ByteBuffer.allocate(ids.size() * Id.BYTES);
        ids.forEach(id -> id.writeTo(bytes));
        return new SealedIds(bytes.flip());
    }

    static List<Id> ids(SealedIds sealed) {
        var bytes = sealed.getIds().duplicate();
        var ids = new ArrayList<Id>(bytes.remaining() / Id.BYTES);
        while (bytes.hasRemaining()) {
            ids.add(Id.readFrom(bytes));
        }
        return ids;
    }

    /** @return all ids of a sealed batch, by the number of the item */
    List<Id> ids(SealedBatch batch) {
        var all = new ArrayList<Id>(batch.getItems());
        for (var index = 0; index < batch.getChunks(); index++) {
            all.addAll(ids(ids.get(idsKey(batch.getOrdinal(), index))));
        }
        return all;
    }

    /** @return the batch of that ordinal, which is in flight, by its id */
    KeyValue<String, SealedBatch> inFlight(int ordinal) {
        try (var all = batches.all()) {
            while (all.hasNext()) {
                var entry = all.next();
                if (entry.value.getOrdinal() == ordinal) {
                    return entry;
                }
            }
        }
        throw new IllegalStateException("no batch has ordinal " + ordinal);
    }

    /** @return ids of a sealed batch that somebody has cancelled and that have not come back */
    Set<Id> cancelled(SealedBatch batch) {
        var cancelled = BitSet.valueOf(batch.getCancelled());
        cancelled.andNot(BitSet.valueOf(batch.getReturned()));
        if (cancelled.isEmpty()) {
            return Set.of();
        }
        var ids = ids(batch);
        return cancelled.stream().mapToObj(ids::get).collect(Collectors.toSet());
    }

    /** Notes which items of a batch in flight went back to their lane; they may have any other owner by the next restart. */
    void returned(String batchId, SealedBatch batch, Set<Id> back) {
        var returned = BitSet.valueOf(batch.getReturned());
        var item = 0;
        for (var id : ids(batch)) {
            returned.set(item, returned.get(item) || back.contains(id));
            item++;
        }
        batches.put(
                batchId,
                SealedBatch.newBuilder(batch)
                        .setReturned(ByteBuffer.wrap(returned.toByteArray()))
                        .build());
    }

    /** Forgets a batch and its ids. */
    void delete(String batchId, SealedBatch batch) {
        for (var index = 0; index < batch.getChunks(); index++) {
            ids.delete(idsKey(batch.getOrdinal(), index));
        }
        batches.delete(batchId);
    }

    static LaneState state(LaneRecord lane) {
        var queue = new LaneState.Queue(
                lane.getFirstSeq(),
                lane.getSkip(),
                lane.getNextSeq(),
                lane.getWaiting(),
                lane.getWaitingBytes(),
                Instant.ofEpochMilli(lane.getHeadArrivedAt()),
                Instant.ofEpochMilli(lane.getHeadExpiresAt()));
        return new LaneState(queue, lane.getFlushedUntil(), lane.getNextBatch(), lane.getInFlight(), lane.getDelayed());
    }

    static TokenRatio ratio(LaneRecord lane) {
        return new TokenRatio(
                lane.getLearnedBytes(),
                lane.getLearnedInputTokens(),
                lane.getLearnedAnswers(),
                lane.getLearnedOutputTokens());
    }

    static LaneRecord record(Lane lane) {
        return LaneRecord.newBuilder(record(lane.pool(), lane.id(), lane.state(), lane.totals()))
                .setLearnedBytes(lane.ratio().bytes())
                .setLearnedInputTokens(lane.ratio().inputTokens())
                .setLearnedAnswers(lane.ratio().answers())
                .setLearnedOutputTokens(lane.ratio().outputTokens())
                .setEstimateErrorPermille(lane.estimateErrorPermille())
                .setTurnaroundsMs(lane.turnarounds().last().stream()
                        .map(Duration::toMillis)
                        .toList())
                .build();
    }

    private static LaneRecord record(String pool, LaneId id, LaneState state, LaneTotals totals) {
        var queue = state.queue();
        return new LaneRecord(
                pool,
                id,
                queue.firstSeq(),
                queue.skip(),
                queue.nextSeq(),
                queue.items(),
                queue.bytes(),
                queue.headArrivedAt().toEpochMilli(),
                queue.headExpiresAt().toEpochMilli(),
                state.flushedUntil(),
                state.nextBatch(),
                state.inFlight(),
                state.delayed(),
                totals.arrived(),
                totals.accepted(),
                totals.absorbed(),
                totals.conflicts(),
                totals.succeeded(),
                totals.failed(),
                totals.expired(),
                totals.cancelled(),
                List.of(),
                0L,
                0L,
                0L,
                0L,
                0,
                totals.rejected());
    }

    static Turnarounds turnarounds(LaneRecord stored) {
        return new Turnarounds(
                stored.getTurnaroundsMs().stream().map(Duration::ofMillis).toList());
    }

    /** Adds what a lane came to, before it is dropped, to what those before it did; its key is no lane's. */
    void retire(LaneTotals totals) {
        var before = lanes.get(RETIRED);
        var sum = before == null ? totals : LaneTotals.of(before).plus(totals);
        var nobody = new LaneId("", "", "", "", List.of(), "", "");
        lanes.put(RETIRED, record("", nobody, LaneState.NEW, sum));
    }
}
