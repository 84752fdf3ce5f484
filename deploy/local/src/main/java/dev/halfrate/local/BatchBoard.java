package dev.halfrate.local;

import dev.halfrate.processor.codec.BatchProgress;
import dev.halfrate.processor.money.Spend;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** The latest word of the feed about each batch. */
final class BatchBoard {
    private static final String SEALED = "sealed";
    private static final String SETTLED = "settled";

    private final Map<String, BatchProgress> latest = new HashMap<>();

    void update(BatchProgress progress) {
        latest.put(progress.batchId(), progress);
    }

    int count() {
        return latest.size();
    }

    int settled() {
        return (int) latest.values().stream().filter(BatchBoard::isSettled).count();
    }

    int running() {
        return (int) latest.values().stream()
                .filter(batch -> isSubmitted(batch) && !isSettled(batch))
                .count();
    }

    boolean allSettled() {
        return settled() == count();
    }

    List<BatchProgress> unsettled() {
        return latest.values().stream().filter(batch -> !isSettled(batch)).toList();
    }

    /** Requests in batches; one that went back to its window is not counted any more. */
    long sealedItems() {
        return sum(BatchBoard::remaining);
    }

    long spooledItems() {
        return sum(batch -> batch.state().equals(SEALED) ? 0 : remaining(batch));
    }

    long submittedItems() {
        return sum(batch -> isSubmitted(batch) ? remaining(batch) : ended(batch));
    }

    long executedItems() {
        return sum(batch -> Math.max(batch.remoteDone(), ended(batch)));
    }

    long collectedItems() {
        return sum(BatchBoard::ended);
    }

    Spend spend() {
        return latest.values().stream().map(BatchProgress::spend).reduce(Spend.NONE, Spend::plus);
    }

    private long sum(ToLongFunction<BatchProgress> part) {
        Collection<BatchProgress> batches = latest.values();
        return batches.stream().mapToLong(part).sum();
    }

    private static boolean isSubmitted(BatchProgress batch) {
        return !batch.remoteBatchId().isEmpty();
    }

    private static boolean isSettled(BatchProgress batch) {
        return batch.state().equals(SETTLED);
    }

    private static long remaining(BatchProgress batch) {
        return (long) batch.items() - batch.returned();
    }

    private static long ended(BatchProgress batch) {
        return (long) batch.succeeded() + batch.failed() + batch.expired() + batch.cancelled();
    }
}
