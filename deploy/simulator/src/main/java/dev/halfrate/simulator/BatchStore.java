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

/** All accounts' batches. Safe for use by many threads. */
final class BatchStore {

    static final int BATCHES_MAX = 200_000;

    private final Path directory;
    private final Ids ids;
    private final BatchWork work;
    private final VirtualClock clock;
    private final Map<String, Batch> byId = new ConcurrentHashMap<>();
    private final Set<Batch> live = ConcurrentHashMap.newKeySet();
    private final List<Batch> oldestFirst = new ArrayList<>();

    BatchStore(Path directory, Ids ids, BatchWork work, VirtualClock clock) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.ids = ids;
        this.work = work;
        this.clock = clock;
    }

    /** Always a new one: the vendor knows no idempotency key. */
    Batch create(String account, BatchRequest request) throws IOException {
        Batch batch;
        synchronized (oldestFirst) {
            if (oldestFirst.size() >= BATCHES_MAX) {
                throw new IOException("the simulator holds at most %,d batches; restart it".formatted(BATCHES_MAX));
            }
            Optional<StoredFile> input = work.files().findInput(account, request.inputFileId());
            if (input.isEmpty() && work.habits().get().deletedInput() == Habits.DeletedInput.REFUSED) {
                throw RefusedException.badRequest(OpenAiError.invalidRequest(
                        "No such File object: %s".formatted(request.inputFileId()), "input_file_id", null));
            }
            String id = ids.next("batch_");
            Path ownDirectory = Files.createDirectory(directory.resolve(id));
            if (input.isPresent()) {
                Files.createLink(Batch.inputIn(ownDirectory), input.get().path());
            }
            long draw = work.seed().random("batch", oldestFirst.size()).nextLong();
            Batch.Identity identity = new Batch.Identity(account, id, request.inputFileId(), request.endpoint(), draw);
            batch = new Batch(identity, request, work, clock.now(), ownDirectory);
            oldestFirst.add(batch);
        }
        byId.put(batch.identity().id(), batch);
        live.add(batch);
        work.book().batchCreated();
        return batch;
    }

    Optional<Batch> find(String account, String id) {
        return Optional.ofNullable(byId.get(id))
                .filter(batch -> batch.identity().account().equals(account));
    }

    /** The account's batches that lists show, newest first. */
    List<Batch> of(String account) {
        Instant shown = clock.now().minusSeconds(work.habits().get().newBatchesHiddenSeconds());
        synchronized (oldestFirst) {
            return oldestFirst.reversed().stream()
                    .filter(batch -> batch.identity().account().equals(account))
                    .filter(batch -> !batch.createdAt().isAfter(shown))
                    .toList();
        }
    }

    /** Lets everything happen that is due in any batch. */
    void advance() throws IOException {
        Instant now = clock.now();
        for (Iterator<Batch> batches = live.iterator(); batches.hasNext(); ) {
            if (!batches.next().advance(now)) {
                batches.remove();
            }
        }
    }
}
