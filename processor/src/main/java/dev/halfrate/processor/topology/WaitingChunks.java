package dev.halfrate.processor.topology;

import dev.halfrate.processor.lane.LaneEffect;
import dev.halfrate.processor.lane.WaitingItems;
import dev.halfrate.schemas.internal.InternalFormat;
import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.RefChunk;
import dev.halfrate.schemas.internal.WaitingChunk;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/** A lane's waiting chunks during one step, each read and decoded once. */
final class WaitingChunks implements LongFunction<WaitingChunks.Chunk> {
    private final ReadOnlyKeyValueStore<Bytes, WaitingChunk> store;
    private final Bytes lane;
    private final Map<Long, Chunk> read = new HashMap<>();

    WaitingChunks(ReadOnlyKeyValueStore<Bytes, WaitingChunk> store, Bytes lane) {
        this.store = store;
        this.lane = lane;
    }

    /** Adds a chunk that is not stored yet. */
    void add(long seq, Chunk arrived) {
        read.put(seq, arrived);
    }

    @Override
    public Chunk apply(long seq) {
        return read.computeIfAbsent(seq, _ -> Chunk.of(store.get(LaneStores.chunkKey(lane, seq))));
    }

    /**
     * One chunk, as values and as bytes.
     *
     * @param framed never changed
     */
    record Chunk(RefChunk values, byte[] framed, Instant arrivedAt, BitSet left) implements WaitingItems {
        /** None of its refs has left. */
        Chunk(RefChunk values, byte[] framed, Instant arrivedAt) {
            this(values, framed, arrivedAt, new BitSet());
        }

        static Chunk of(WaitingChunk stored) {
            var framed = bytes(stored.getRefChunk());
            return new Chunk(
                    InternalFormat.REF_CHUNK.decode(framed),
                    framed,
                    Instant.ofEpochMilli(stored.getArrivedAt()),
                    BitSet.valueOf(stored.getLeft()));
        }

        /** The same without some of its refs. */
        Chunk without(LaneEffect.Run run) {
            var more = BitSet.valueOf(left.toLongArray());
            more.set(run.from(), run.until());
            return new Chunk(values, framed, arrivedAt, more);
        }

        /** A chunk of only some of another one's refs. */
        static Chunk of(RefChunk whole, List<Ref> refs, Instant arrivedAt) {
            var values = new RefChunk(whole.getPool(), whole.getLane(), whole.getSources(), refs, whole.getNotBefore());
            return new Chunk(values, InternalFormat.REF_CHUNK.encode(values), arrivedAt);
        }

        /** A chunk that was delayed, as it comes when it is due. */
        static Chunk due(WaitingChunk stored, Instant now) {
            var delayed = of(stored);
            return new Chunk(delayed.values, delayed.framed, now);
        }

        WaitingChunk stored() {
            return new WaitingChunk(
                    arrivedAt.toEpochMilli(), ByteBuffer.wrap(framed), ByteBuffer.wrap(left.toByteArray()));
        }

        List<Ref> refs() {
            return values.getRefs();
        }

        long lineBytes() {
            return refs().stream().mapToLong(Ref::getLineBytes).sum();
        }

        @Override
        public int size() {
            return refs().size();
        }

        @Override
        public int lineBytes(int item) {
            return refs().get(item).getLineBytes();
        }

        @Override
        public int outputTokensMax(int item) {
            return refs().get(item).getOutputTokensMax();
        }

        @Override
        public boolean hasLeft(int item) {
            return left.get(item);
        }

        @Override
        public @Nullable Instant deadline(int item) {
            var deadline = refs().get(item).getDeadline();
            return deadline == 0 ? null : Instant.ofEpochMilli(deadline);
        }

        /** @return the first item from there on that has not left and bears the custom_id; below 0 if there is none */
        int find(String customId, int from) {
            return IntStream.range(from, size())
                    .filter(item ->
                            !hasLeft(item) && refs().get(item).getCustomId().equals(customId))
                    .findFirst()
                    .orElse(-1);
        }

        /** @return the first deadline of refs that have not left; far away if there is none */
        Instant firstDeadline() {
            return IntStream.range(0, size())
                    .filter(item -> !hasLeft(item))
                    .mapToObj(this::deadline)
                    .flatMap(Stream::ofNullable)
                    .min(Comparator.naturalOrder())
                    .orElse(Instant.MAX);
        }

        @Override
        public boolean hasPrefix(int item) {
            return refs().get(item).getPrefix() != 0;
        }

        @Override
        public boolean mayLeave(int item) {
            return refs().get(item).getAuto();
        }

        @Override
        public Instant expiresAt(int item) {
            return Instant.ofEpochMilli(refs().get(item).getExpiresAt());
        }

        private static byte[] bytes(ByteBuffer buffer) {
            var bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return bytes;
        }
    }
}
