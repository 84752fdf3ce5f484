package dev.halfrate.processor.topology;

import dev.halfrate.processor.lane.LaneEffect;
import dev.halfrate.processor.lane.LaneEffect.Run;
import dev.halfrate.schemas.internal.ManifestChunk;
import dev.halfrate.schemas.internal.Ref;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** The refs of a sealed batch, in as many parts as chunks of refs that it is made of. */
record Manifest(List<Part> parts) {
    /**
     * Items from (inclusive) to until (exclusive) of a framed chunk.
     *
     * @param refs those items
     */
    record Part(byte[] refChunk, int from, int until, List<Ref> refs) {}

    static Manifest of(List<Run> runs, WaitingChunks chunks) {
        var parts = new ArrayList<Part>();
        for (var first = 0; first < runs.size(); ) {
            var seq = runs.get(first).seq();
            var next = first;
            while (next < runs.size() && runs.get(next).seq() == seq) {
                next++;
            }
            parts.add(part(chunks.apply(seq), runs.subList(first, next)));
            first = next;
        }
        return new Manifest(parts);
    }

    /** The chunk's own bytes where most of them are used, as is the rule; else it is written anew, so that small windows over a large chunk don't repeat it. */
    private static Part part(WaitingChunks.Chunk chunk, List<Run> runs) {
        var refs = refs(chunk, runs);
        return runs.size() == 1 && 2 * refs.size() >= chunk.size()
                ? new Part(
                        chunk.framed(), runs.getFirst().from(), runs.getFirst().until(), refs)
                : new Part(
                        WaitingChunks.Chunk.of(chunk.values(), refs, chunk.arrivedAt())
                                .framed(),
                        0,
                        refs.size(),
                        refs);
    }

    static List<Ref> refs(WaitingChunks.Chunk chunk, List<Run> runs) {
        var refs = new ArrayList<Ref>();
        runs.forEach(run -> refs.addAll(chunk.refs().subList(run.from(), run.until())));
        return refs;
    }

    List<ManifestChunk> chunks(String batchId, Lane lane, LaneEffect.Seal seal, int workPartition, int inboxPartition) {
        var chunks = new ArrayList<ManifestChunk>(parts.size());
        var firstItem = 0;
        var firstDeadline = firstDeadline();
        for (var part : parts) {
            chunks.add(new ManifestChunk(
                    batchId,
                    lane.pool(),
                    lane.id(),
                    chunks.size(),
                    parts.size(),
                    seal.items(),
                    seal.bytes(),
                    firstItem,
                    part.from,
                    part.until,
                    ByteBuffer.wrap(part.refChunk),
                    checksum(part.refChunk),
                    workPartition,
                    inboxPartition,
                    seal.at().toEpochMilli(),
                    firstDeadline));
            firstItem += part.refs.size();
        }
        return chunks;
    }

    /** @return epoch milliseconds, 0 if none of the items has a deadline */
    private long firstDeadline() {
        return parts.stream()
                .flatMap(part -> part.refs.stream())
                .mapToLong(Ref::getDeadline)
                .filter(deadline -> deadline > 0)
                .min()
                .orElse(0);
    }

    private static long checksum(byte[] bytes) {
        var crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }
}
