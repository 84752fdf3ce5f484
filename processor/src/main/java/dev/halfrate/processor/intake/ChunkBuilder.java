package dev.halfrate.processor.intake;

import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Utils;

/** Packs the refs of one lane that are from one topic into chunks that stay below both limits. */
final class ChunkBuilder {
    static final int REFS_MAX = 1_000;
    static final int CHUNK_BYTES_MAX = 512 * 1024;

    /** The frame, pool, lane and source: texts of at most 256 chars each, and lists' ends. */
    private static final int HEAD_BYTES_MAX = 8 * 1024;

    /** A ref but for its texts: 7 int of at most 5 bytes, 6 long of at most 10, the hash, the union, a flag, texts' lengths, maps' ends. */
    private static final int REF_BYTES_MAX = 7 * 5 + 6 * 10 + 16 + 1 + 1 + 4 * 5 + 2 * 6;

    private final String pool;
    private final Origin origin;
    private final List<RefChunk> full = new ArrayList<>();
    private List<Ref> refs = new ArrayList<>();
    private int bytes = HEAD_BYTES_MAX;

    /** Whose refs they are, and where their bodies lie. */
    record Origin(LaneId lane, Source source) {}

    ChunkBuilder(String pool, Origin origin) {
        this.pool = pool;
        this.origin = origin;
    }

    void add(Ref ref) {
        var refBytes = bytesMax(ref);
        if (refs.size() == REFS_MAX || bytes + refBytes > CHUNK_BYTES_MAX) {
            cut();
        }
        refs.add(ref);
        bytes += refBytes;
    }

    List<RefChunk> toChunks() {
        if (!refs.isEmpty()) {
            cut();
        }
        return full;
    }

    private void cut() {
        full.add(new RefChunk(pool, origin.lane, List.of(origin.source), refs, 0L));
        refs = new ArrayList<>();
        bytes = HEAD_BYTES_MAX;
    }

    /** An upper bound is enough and much cheaper than encoding twice. */
    private static int bytesMax(Ref ref) {
        var traceparent = ref.getTraceparent();
        return REF_BYTES_MAX
                + Utils.utf8Length(ref.getCustomId())
                + Utils.utf8Length(ref.getTag())
                + Utils.utf8Length(ref.getResultRule())
                + bytesMax(ref.getEcho())
                + bytesMax(ref.getMetadata())
                + (traceparent == null ? 0 : Utils.utf8Length(traceparent));
    }

    private static int bytesMax(Map<String, String> texts) {
        return texts.isEmpty()
                ? 0
                : texts.entrySet().stream()
                        .mapToInt(text -> 2 * 5 + Utils.utf8Length(text.getKey()) + Utils.utf8Length(text.getValue()))
                        .sum();
    }
}
