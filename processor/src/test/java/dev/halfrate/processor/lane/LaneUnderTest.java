package dev.halfrate.processor.lane;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A lane with a clock that is set by hand, which does with effects what the shell does. */
final class LaneUnderTest {
    static final Instant START = Instant.parse("2026-11-21T12:00:00Z");

    /** An item as an observer knows it: by a number of its own. */
    record Item(
            int number,
            int lineBytes,
            Instant expiresAt,
            boolean mayLeave,
            @Nullable Instant deadline) {
        Item(int number, int lineBytes, Instant expiresAt) {
            this(number, lineBytes, expiresAt, false, null);
        }
    }

    /** A batch as an observer sees it. */
    record Batch(ClosedBy by, List<Item> items, long bytes) {
        List<Integer> numbers() {
            return items.stream().map(Item::number).toList();
        }
    }

    private record Chunk(Instant arrivedAt, List<Item> items, Set<Integer> left) implements WaitingItems {
        Chunk(Instant arrivedAt, List<Item> items) {
            this(arrivedAt, items, new HashSet<>());
        }

        @Override
        public int size() {
            return items.size();
        }

        @Override
        public int lineBytes(int item) {
            return items.get(item).lineBytes();
        }

        @Override
        public boolean hasLeft(int item) {
            return left.contains(item);
        }

        @Override
        public @Nullable Instant deadline(int item) {
            return items.get(item).deadline();
        }

        @Override
        public boolean hasPrefix(int item) {
            return false;
        }

        @Override
        public boolean mayLeave(int item) {
            return items.get(item).mayLeave();
        }

        @Override
        public int outputTokensMax(int item) {
            return 0;
        }

        @Override
        public Instant expiresAt(int item) {
            return items.get(item).expiresAt();
        }
    }

    private final LaneCore core;
    private final Map<Long, Chunk> chunks = new HashMap<>();
    private final List<List<Item>> delayed = new ArrayList<>();
    private final List<Batch> sealed = new ArrayList<>();
    private final List<Item> expired = new ArrayList<>();
    private final List<Item> rejected = new ArrayList<>();
    private final List<Item> withdrawn = new ArrayList<>();
    private final List<Item> hastened = new ArrayList<>();
    private final List<Item> diverted = new ArrayList<>();
    private LaneState state = LaneState.NEW;
    private Instant now = START;
    private int nextNumber;
    private Room room = Room.unbounded(TokenRatio.UNKNOWN);

    LaneUnderTest(LaneLimits limits) {
        core = new LaneCore(limits);
    }

    /** From now on there is only so much room. */
    LaneUnderTest room(Room now) {
        room = now;
        return this;
    }

    LaneUnderTest after(Duration time) {
        now = now.plus(time);
        return this;
    }

    /** A chunk of items that outlive the test. */
    LaneUnderTest arrive(int... lineBytes) {
        return arrive(Duration.ofDays(3), lineBytes);
    }

    /** @param life of all of the chunk's items, from now on */
    LaneUnderTest arrive(Duration life, int... lineBytes) {
        return arrive(IntStream.of(lineBytes)
                .mapToObj(bytes -> new Item(nextNumber++, bytes, now.plus(life)))
                .toList());
    }

    LaneUnderTest arrive(List<Item> items) {
        chunks.put(state.queue().nextSeq(), new Chunk(now, items));
        return on(arrival(items));
    }

    private LaneEvent.Arrived arrival(List<Item> items) {
        var bytes = items.stream().mapToLong(Item::lineBytes).sum();
        return new LaneEvent.Arrived(now, items.size(), bytes, items.getFirst().expiresAt());
    }

    /** Items come that are not to be sealed yet. */
    LaneUnderTest delay(List<Item> items) {
        delayed.add(items);
        return on(new LaneEvent.Delayed(now, items.size()));
    }

    /** Those that were delayed first are due. */
    LaneUnderTest due() {
        var items = delayed.removeFirst();
        chunks.put(state.queue().nextSeq(), new Chunk(now, items));
        return on(new LaneEvent.Due(arrival(items)));
    }

    LaneUnderTest tick() {
        return on(new LaneEvent.Ticked(now));
    }

    LaneUnderTest flush() {
        return on(new LaneEvent.Flushed(now));
    }

    LaneUnderTest settle() {
        return on(new LaneEvent.Settled(now));
    }

    /** Somebody cancels an item that waits. */
    LaneUnderTest withdraw(Item item) {
        var queue = state.queue();
        for (var seq = queue.firstSeq(); seq < queue.nextSeq(); seq++) {
            var place = chunk(seq).items().indexOf(item);
            if (place >= (seq == queue.firstSeq() ? queue.skip() : 0)
                    && !chunk(seq).hasLeft(place)) {
                return on(new LaneEvent.Withdrawn(now, seq, place));
            }
        }
        throw new AssertionError("it does not wait");
    }

    /** A batch would be late for whose deadline is before {@code within} from now. */
    LaneUnderTest deadlinesNear(Duration within) {
        return on(new LaneEvent.DeadlinesNear(now, now.plus(within)));
    }

    private LaneUnderTest on(LaneEvent event) {
        var step = core.on(state, event, this::chunk, room);
        for (var effect : step.effects()) {
            switch (effect) {
                case LaneEffect.Seal seal -> sealed.add(new Batch(seal.by(), items(seal.runs()), seal.bytes()));
                case LaneEffect.Expire expire -> expired.addAll(items(expire.runs()));
                case LaneEffect.Reject reject -> rejected.addAll(items(reject.runs()));
                case LaneEffect.Divert divert -> diverted.addAll(items(divert.runs()));
                case LaneEffect.Withdraw(var run) -> {
                    withdrawn.addAll(items(List.of(run)));
                    chunk(run.seq()).left().add(run.from());
                }
                case LaneEffect.Hasten hasten -> {
                    hastened.addAll(items(hasten.runs()));
                    hasten.runs()
                            .forEach(run -> IntStream.range(run.from(), run.until())
                                    .forEach(chunk(run.seq()).left()::add));
                }
            }
        }
        state = step.state();
        chunks.keySet().removeIf(seq -> seq < state.queue().firstSeq());
        return this;
    }

    private Chunk chunk(long seq) {
        return requireNonNull(chunks.get(seq));
    }

    private List<Item> items(List<LaneEffect.Run> runs) {
        var items = new ArrayList<Item>();
        runs.forEach(run -> items.addAll(chunk(run.seq()).items().subList(run.from(), run.until())));
        return items;
    }

    LaneState state() {
        return state;
    }

    Instant now() {
        return now;
    }

    List<List<Item>> delayed() {
        return delayed;
    }

    List<Batch> sealed() {
        return sealed;
    }

    List<Item> rejected() {
        return rejected;
    }

    List<Item> diverted() {
        return diverted;
    }

    List<Item> withdrawn() {
        return withdrawn;
    }

    List<Item> hastened() {
        return hastened;
    }

    List<Item> expired() {
        return expired;
    }

    /** @return items whose chunks are kept and that have not left, in order */
    List<Item> waiting() {
        var queue = state.queue();
        var items = new ArrayList<Item>();
        for (var seq = queue.firstSeq(); seq < queue.nextSeq(); seq++) {
            var chunk = chunk(seq);
            IntStream.range(seq == queue.firstSeq() ? queue.skip() : 0, chunk.size())
                    .filter(item -> !chunk.hasLeft(item))
                    .mapToObj(chunk.items()::get)
                    .forEach(items::add);
        }
        return items;
    }
}
