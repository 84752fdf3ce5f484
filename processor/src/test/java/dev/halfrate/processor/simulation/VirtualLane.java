package dev.halfrate.processor.simulation;

import static java.util.Objects.requireNonNull;

import dev.halfrate.processor.balance.LaneTotals;
import dev.halfrate.processor.ledger.ManifestItem;
import dev.halfrate.schemas.internal.AtOnce;
import dev.halfrate.schemas.internal.Command;
import dev.halfrate.schemas.internal.CommandKind;
import dev.halfrate.schemas.internal.Hash;
import dev.halfrate.schemas.internal.LaneId;
import dev.halfrate.schemas.internal.ManifestChunk;
import dev.halfrate.schemas.internal.Ref;
import dev.halfrate.schemas.internal.Signal;
import dev.halfrate.schemas.internal.Source;
import dev.halfrate.schemas.internal.TopicId;
import dev.halfrate.schemas.internal.WorkKeys;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A lane that seals what comes in and what comes back, into manifests on one work partition. */
final class VirtualLane {
    private static final double WHOLE_BATCH = 0.2;
    private static final LaneId LANE = new LaneId("main", "/v1/chat/completions", "model", "", List.of(), "24h", "");
    private static final double AT_ONCE = 0.25;
    private static final Source SOURCE = new Source(new TopicId(new byte[16]), "llm.requests");
    private static final Duration SEAL_WITHIN = Duration.ofMinutes(40);
    private static final int CHUNKS_MAX = 3;
    private static final double POISONED = 0.02;

    private final VirtualTime time;
    private final Dice dice;
    private final Invariants invariants;
    private final Consumer<String> poison;
    private final Runnable onWork;
    /** Chunks and commands; null for what was deleted. */
    private final List<@Nullable Object> work = new ArrayList<>();

    private final Map<String, List<ManifestItem>> manifests = new HashMap<>();
    private final Map<String, Integer> returnedItems = new HashMap<>();
    private final List<ManifestChunk> unwritten = new ArrayList<>();
    private List<Ref> waiting = new ArrayList<>();
    private int batches;
    private int requests;

    /**
     * @param poison told of requests that the vendor will not take
     * @param onWork called when there are more records on the partition
     */
    VirtualLane(VirtualTime time, Dice dice, Invariants invariants, Consumer<String> poison, Runnable onWork) {
        this.time = time;
        this.dice = dice;
        this.invariants = invariants;
        this.poison = poison;
        this.onWork = onWork;
    }

    void accept(int count) {
        for (var i = 0; i < count; i++) {
            var customId = "request-" + ++requests;
            var deadline =
                    dice.chance(0.3) ? time.now().plus(dice.between(Duration.ofMinutes(5), Duration.ofHours(3))) : null;
            var life = dice.chance(0.1) ? Duration.ofHours(2) : Duration.ofHours(72);
            waiting.add(Ref.newBuilder()
                    .setSource(0)
                    .setPartition(0)
                    .setOffset(requests)
                    .setCustomId(customId)
                    .setBodyOffset(0)
                    .setBodyBytes(1)
                    .setLineBytes(1)
                    .setContent(new Hash(new byte[16]))
                    .setRequestedAt(time.now().toEpochMilli())
                    .setExpiresAt(time.now().plus(life).toEpochMilli())
                    .setAttempts(0)
                    .setTag("")
                    .setTraceparent(null)
                    .setDeadline(deadline == null ? 0 : deadline.toEpochMilli())
                    .build());
            invariants.accepted(customId);
            if (dice.chance(POISONED)) {
                poison.accept(customId);
            }
        }
        sealSoon();
    }

    void signal(Signal signal) {
        switch (signal.getKind()) {
            case RETURNED -> {
                var refs = requireNonNull(signal.getReturned()).getRefs();
                returnedItems.merge(signal.getBatchId(), refs.size(), Integer::sum);
                waiting.addAll(refs);
                sealSoon();
            }
            case SETTLED -> requireBalance(signal);
            case QUEUE_FULL -> {}
        }
    }

    private void requireBalance(Signal settled) {
        var batchId = settled.getBatchId();
        var items = items(batchId).size() - returnedItems.getOrDefault(batchId, 0);
        var ended = LaneTotals.of(settled).ended();
        if (ended != items) {
            throw Invariants.broken("I1", "%s settled with %d ends of %d items".formatted(batchId, ended, items));
        }
    }

    private void sealSoon() {
        time.after(dice.between(Duration.ZERO, SEAL_WITHIN), this::seal);
    }

    private void seal() {
        if (waiting.isEmpty()) {
            return;
        }
        var batchId = "batch-" + ++batches;
        var items = new ArrayList<ManifestItem>();
        for (var ref : waiting) {
            items.add(new ManifestItem(items.size(), SOURCE, ref));
        }
        waiting = new ArrayList<>();
        manifests.put(batchId, List.copyOf(items));
        invariants.sealed(batchId, items);
        var lane = dice.chance(AT_ONCE) ? AtOnce.of(LANE) : LANE;
        var chunks = dice.between(1, CHUNKS_MAX);
        for (var index = 0; index < chunks; index++) {
            unwritten.add(chunk(batchId, lane, index, chunks, items.size()));
        }
        // Chunks of batches that are sealed at about the same time mix on the partition.
        time.after(dice.between(Duration.ofSeconds(1), Duration.ofMinutes(10)), this::write);
    }

    private void write() {
        var some = dice.between(0, unwritten.size());
        var batch = new ArrayList<>(unwritten.subList(0, some));
        unwritten.subList(0, some).clear();
        work.addAll(dice.shuffled(batch));
        if (!unwritten.isEmpty()) {
            time.after(dice.between(Duration.ofSeconds(1), Duration.ofMinutes(10)), this::write);
        }
        onWork.run();
    }

    private ManifestChunk chunk(String batchId, LaneId lane, int index, int chunks, int items) {
        return ManifestChunk.newBuilder()
                .setBatchId(batchId)
                .setPool("pool")
                .setLane(lane)
                .setIndex(index)
                .setChunks(chunks)
                .setItems(items)
                .setBytes(items)
                .setFirstItem(0)
                .setFrom(0)
                .setUntil(0)
                .setRefChunk(ByteBuffer.allocate(0))
                .setChecksum(0)
                .setWorkPartition(0)
                .setInboxPartition(0)
                .setSealedAt(time.now().toEpochMilli())
                .setFirstDeadline(items(batchId).stream()
                        .mapToLong(item -> item.ref().getDeadline())
                        .filter(deadline -> deadline > 0)
                        .min()
                        .orElse(0))
                .build();
    }

    List<ManifestItem> items(String batchId) {
        return manifests.getOrDefault(batchId, List.of());
    }

    /** Somebody cancels a request, or its whole batch; nothing happens where it is in no batch. */
    void cancel() {
        if (requests == 0) {
            return;
        }
        var customId = "request-" + dice.between(1, requests);
        invariants.batchOf(customId).ifPresent(at -> {
            if (dice.chance(WHOLE_BATCH)) {
                items(at.batchId())
                        .forEach(item -> invariants.unwanted(item.ref().getCustomId()));
                command(CommandKind.CANCEL_BATCH, at.batchId(), Map.of());
            } else {
                invariants.unwanted(customId);
                command(CommandKind.CANCEL_REQUEST, at.batchId(), Map.of(WorkKeys.ITEM, String.valueOf(at.item())));
            }
        });
    }

    private void command(CommandKind kind, String batchId, Map<String, String> arguments) {
        work.add(Command.newBuilder()
                .setKind(kind)
                .setCommandId("")
                .setPool("pool")
                .setLane(null)
                .setTarget(batchId)
                .setArguments(arguments)
                .setAt(time.now().toEpochMilli())
                .setBy("")
                .build());
        onWork.run();
    }

    /** Records of the work partition; null where one was deleted. */
    @Nullable
    Object work(long offset) {
        return work.get((int) offset);
    }

    long workEnd() {
        return work.size();
    }

    void deleteManifest(String batchId) {
        work.replaceAll(entry -> switch (entry) {
            case ManifestChunk chunk when chunk.getBatchId().equals(batchId) -> null;
            case Command command when command.getTarget().equals(batchId) -> null;
            case null, default -> entry;
        });
    }

    int batches() {
        return batches;
    }

    int requests() {
        return requests;
    }
}
