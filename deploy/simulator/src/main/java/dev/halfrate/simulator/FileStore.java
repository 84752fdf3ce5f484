package dev.halfrate.simulator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The accounts' files: their bytes on disk, the rest in memory. Safe for use by many threads. */
final class FileStore {

    static final int FILES_MAX = 200_000;
    static final Duration BATCH_FILE_LIFE = Duration.ofDays(30);

    private final Path directory;
    private final VirtualClock clock;
    private final Present<Habits> habits;
    private final Map<String, StoredFile> files = new ConcurrentHashMap<>();
    private final Map<String, StoredFile> deleted = new ConcurrentHashMap<>();
    private final AtomicLong stored = new AtomicLong();

    FileStore(Path directory, VirtualClock clock, Present<Habits> habits) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.clock = clock;
        this.habits = habits;
    }

    /** Where uploads may be staged so that storing them is a rename. */
    Path directory() {
        return directory;
    }

    /**
     * Takes the bytes over from {@code source}.
     *
     * @param life null if it never expires
     */
    StoredFile store(
            String id,
            String account,
            String filename,
            String purpose,
            Path source,
            Instant createdAt,
            @Nullable Duration life)
            throws IOException {
        if (files.size() >= FILES_MAX) {
            throw new IOException("the simulator holds at most %,d files; delete some".formatted(FILES_MAX));
        }
        Path path = Files.move(source, directory.resolve(id), StandardCopyOption.ATOMIC_MOVE);
        StoredFile file = new StoredFile(
                id,
                stored.incrementAndGet(),
                account,
                filename,
                purpose,
                Files.size(path),
                createdAt,
                life == null ? null : createdAt.plus(life),
                path);
        files.put(id, file);
        return file;
    }

    Optional<StoredFile> find(String account, String id) {
        return Optional.ofNullable(files.get(id)).filter(file -> visible(file, account));
    }

    /** What a batch is made of: whether that may be a deleted file is a matter of habit. */
    Optional<StoredFile> findInput(String account, String id) {
        StoredFile file = files.getOrDefault(id, deleted.get(id));
        return Optional.ofNullable(file).filter(found -> found.purpose().equals("batch") && visible(found, account));
    }

    /** The account's files, oldest first. */
    List<StoredFile> of(String account) {
        return files.values().stream()
                .filter(file -> visible(file, account))
                .sorted(Comparator.comparing(StoredFile::createdAt).thenComparingLong(StoredFile::number))
                .toList();
    }

    void delete(StoredFile file) throws IOException {
        files.remove(file.id());
        if (habits.get().deletedInput() == Habits.DeletedInput.CARRIED_OUT) {
            deleted.put(file.id(), file);
        } else {
            Files.deleteIfExists(file.path());
        }
    }

    void deleteExpired() throws IOException {
        Instant now = clock.now();
        for (StoredFile file : files.values()) {
            if (file.expired(now)) {
                delete(file);
            }
        }
    }

    private boolean visible(StoredFile file, String account) {
        return file.account().equals(account) && !file.expired(clock.now());
    }
}
