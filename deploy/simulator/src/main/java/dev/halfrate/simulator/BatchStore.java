package dev.halfrate.simulator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** All accounts' batches at one vendor. Safe for use by many threads. */
final class BatchStore<B extends BatchStore.Member> {

    static final int BATCHES_MAX = 200_000;

    /** What a store has to know of a batch. */
    interface Member {

        Batch.Identity identity();

        Instant createdAt();

        /** Lets happen what is due; true if more is to come later. */
        boolean advance(Instant now) throws IOException;
    }

    /** Makes a batch, whose directory exists and is empty. */
    @FunctionalInterface
    interface Maker<B> {

        /** @param draw stands for the batch wherever chance decides */
        B make(String id, long draw, Path directory) throws IOException;
    }

    private final String idPrefix;
    private final Path directory;
    private final Ids ids;
    private final BatchWork work;
    private final VirtualClock clock;
    private final Map<String, B> byId = new ConcurrentHashMap<>();
    private final Set<B> live = ConcurrentHashMap.newKeySet();
    private final List<B> oldestFirst = new ArrayList<>();
    private long created;

    BatchStore(String idPrefix, Path directory, Ids ids, BatchWork work, VirtualClock clock) throws IOException {
        this.idPrefix = idPrefix;
        this.directory = Files.createDirectories(directory);
        this.ids = ids;
        this.work = work;
        this.clock = clock;
    }

    /** Always a new one: no vendor knows an idempotency key. */
    B create(Maker<B> maker) throws IOException {
        B batch;
        synchronized (oldestFirst) {
            if (oldestFirst.size() >= BATCHES_MAX) {
                throw new IOException("the simulator holds at most %,d batches; restart it".formatted(BATCHES_MAX));
            }
            String id = ids.next(idPrefix);
            long draw = work.seed().random("batch", created++).nextLong();
            batch = maker.make(id, draw, Files.createDirectory(directory.resolve(id)));
            oldestFirst.add(batch);
        }
        byId.put(batch.identity().id(), batch);
        live.add(batch);
        work.book().batchCreated();
        return batch;
    }

    Optional<B> find(String account, String id) {
        return Optional.ofNullable(byId.get(id))
                .filter(batch -> batch.identity().account().equals(account));
    }

    /** The account's batches that lists show, newest first. */
    List<B> of(String account) {
        Instant shown = clock.now().minusSeconds(work.habits().get().newBatchesHiddenSeconds());
        synchronized (oldestFirst) {
            return oldestFirst.reversed().stream()
                    .filter(batch -> batch.identity().account().equals(account))
                    .filter(batch -> !batch.createdAt().isAfter(shown))
                    .toList();
        }
    }

    void delete(B batch) throws IOException {
        synchronized (oldestFirst) {
            oldestFirst.remove(batch);
        }
        live.remove(batch);
        byId.remove(batch.identity().id());
        FileTree.delete(directory.resolve(batch.identity().id()));
    }

    /** Lets everything happen that is due in any batch. */
    void advance() throws IOException {
        Instant now = clock.now();
        for (Iterator<B> batches = live.iterator(); batches.hasNext(); ) {
            if (!batches.next().advance(now)) {
                batches.remove();
            }
        }
    }
}
