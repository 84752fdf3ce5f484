package dev.halfrate.processor.topology;

import dev.halfrate.processor.balance.LaneName;
import dev.halfrate.processor.lane.Id;
import dev.halfrate.processor.lane.IdHasher;
import dev.halfrate.schemas.internal.LaneRecord;
import dev.halfrate.schemas.internal.SealedBatch;
import dev.halfrate.schemas.internal.SealedIds;
import dev.halfrate.schemas.internal.WaitingChunk;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * Looks through the stores of one inbox partition for a request, beside the thread that writes them. It reads all of them:
 * for an operator who asks now and then.
 */
record LaneSearch(
        ReadOnlyKeyValueStore<Bytes, LaneRecord> lanes,
        ReadOnlyKeyValueStore<Bytes, WaitingChunk> chunks,
        ReadOnlyKeyValueStore<Bytes, WaitingChunk> delayed,
        ReadOnlyKeyValueStore<Bytes, SealedIds> ids,
        ReadOnlyKeyValueStore<String, SealedBatch> batches) {

    private static final byte[] ANY_CONTENT = new byte[Long.BYTES];

    List<Sighting> find(String pool, String customId) {
        var found = new ArrayList<Sighting>();
        waiting(pool, customId, found);
        delayed(pool, customId, found);
        inBatches(new IdHasher().id(pool, customId, ANY_CONTENT), found);
        return found;
    }

    private void waiting(String pool, String customId, List<Sighting> found) {
        try (var all = chunks.all()) {
            while (all.hasNext()) {
                var entry = all.next();
                var chunk = WaitingChunks.Chunk.of(entry.value);
                var lane = lanes.get(LaneStores.laneOf(entry.key));
                var atHead = lane != null && LaneStores.seqOf(entry.key) == lane.getFirstSeq();
                add(Sighting.Place.WAITING, chunk, atHead ? lane.getSkip() : 0, pool, customId, found);
            }
        }
    }

    private void delayed(String pool, String customId, List<Sighting> found) {
        try (var all = delayed.all()) {
            while (all.hasNext()) {
                var chunk = WaitingChunks.Chunk.of(all.next().value);
                add(Sighting.Place.DELAYED, chunk, 0, pool, customId, found);
            }
        }
    }

    private static void add(
            Sighting.Place place,
            WaitingChunks.Chunk chunk,
            int from,
            String pool,
            String customId,
            List<Sighting> found) {
        if (!chunk.values().getPool().equals(pool)) {
            return;
        }
        for (var i = from; i < chunk.size(); i++) {
            if (chunk.refs().get(i).getCustomId().equals(customId)
                    && !chunk.left().get(i)) {
                found.add(new Sighting(place, LaneName.of(chunk.values().getLane()), "", null));
            }
        }
    }

    /** Their ids come in the order of sealing, and of the items. */
    private void inBatches(Id id, List<Sighting> found) {
        var byOrdinal = new HashMap<Integer, KeyValue<String, SealedBatch>>();
        try (var all = batches.all()) {
            all.forEachRemaining(entry -> byOrdinal.put(entry.value.getOrdinal(), entry));
        }
        try (var all = ids.all()) {
            var ordinal = 0;
            var item = 0;
            while (all.hasNext()) {
                var entry = all.next();
                if (LaneStores.ordinalOf(entry.key) != ordinal) {
                    ordinal = LaneStores.ordinalOf(entry.key);
                    item = 0;
                }
                for (var each : LaneStores.ids(entry.value)) {
                    if (each.sameRequest(id)) {
                        sighted(byOrdinal, ordinal, item).ifPresent(found::add);
                    }
                    item++;
                }
            }
        }
    }

    /** @return empty if the batch is not to answer it, or not any more */
    private static Optional<Sighting> sighted(
            Map<Integer, KeyValue<String, SealedBatch>> batches, int ordinal, int item) {
        var batch = batches.get(ordinal);
        if (batch == null || BitSet.valueOf(batch.value.getReturned()).get(item)) {
            return Optional.empty();
        }
        var settled = batch.value.getSettledAt() != null;
        if (settled && !BitSet.valueOf(batch.value.getSucceeded()).get(item)) {
            return Optional.empty();
        }
        var cancelled = BitSet.valueOf(batch.value.getCancelled()).get(item);
        var place = settled ? Sighting.Place.SUCCEEDED : cancelled ? Sighting.Place.CANCELLED : Sighting.Place.IN_BATCH;
        return Optional.of(new Sighting(place, "", batch.key, item));
    }
}
