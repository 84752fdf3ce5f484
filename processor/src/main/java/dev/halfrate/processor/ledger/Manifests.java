package dev.halfrate.processor.ledger;

import dev.halfrate.processor.batch.BatchHeader;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.ManifestChunk;
import java.time.Instant;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Manifests of which not all chunks have been read yet. */
final class Manifests {
    private final Map<String, Incomplete> incomplete = new HashMap<>();

    /** @return the batch's header when its last chunk comes */
    Optional<BatchHeader> add(long offset, ManifestChunk chunk) {
        var manifest = incomplete.computeIfAbsent(chunk.getBatchId(), _ -> new Incomplete(offset));
        manifest.seen.set(chunk.getIndex());
        if (manifest.seen.cardinality() < chunk.getChunks()) {
            return Optional.empty();
        }
        incomplete.remove(chunk.getBatchId());
        return Optional.of(header(chunk, manifest.firstOffset, offset));
    }

    /** @return where reading has to begin again after a restart, given the next offset to read */
    long restartOffset(long next) {
        return incomplete.values().stream()
                .mapToLong(manifest -> manifest.firstOffset)
                .reduce(next, Math::min);
    }

    private static BatchHeader header(ManifestChunk chunk, long firstOffset, long lastOffset) {
        LaneId lane = chunk.getLane();
        return new BatchHeader(
                chunk.getBatchId(),
                chunk.getBatchId(),
                "",
                chunk.getPool(),
                lane.getAccount(),
                lane.getEndpoint(),
                lane.getModel(),
                lane.getApiVersion(),
                lane.getBetas(),
                lane.getCompletionWindow(),
                lane.getTag(),
                chunk.getItems(),
                chunk.getBytes(),
                chunk.getChunks(),
                firstOffset,
                lastOffset,
                chunk.getInboxPartition(),
                Instant.ofEpochMilli(chunk.getSealedAt()),
                chunk.getFirstDeadline() == 0 ? null : Instant.ofEpochMilli(chunk.getFirstDeadline()),
                AtOnce.is(lane));
    }

    private static final class Incomplete {
        private final long firstOffset;
        private final BitSet seen = new BitSet();

        private Incomplete(long firstOffset) {
            this.firstOffset = firstOffset;
        }
    }
}
