package dev.halfrate.processor.ops;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * This process among all of the application: an id that stays with its state directory, so that a restart ends the
 * transactions of the process before at once, and a lock, so that no two share the directory.
 */
public record Instance(String id, FileChannel lock) implements AutoCloseable {
    private static final String LOCK = "instance.lock";

    /** @throws StartupException if another process uses the directory, or it cannot be written */
    public static Instance in(Path stateDir) {
        try {
            Files.createDirectories(stateDir);
            var channel = FileChannel.open(stateDir.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!lock(channel)) {
                channel.close();
                throw new StartupException(
                        "state-dir %s is in use by another process: give each process its own".formatted(stateDir));
            }
            var file = stateDir.resolve("instance-id");
            if (!Files.exists(file)) {
                var draft = Files.writeString(
                        stateDir.resolve("instance-id.new"), UUID.randomUUID().toString());
                Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return new Instance(Files.readString(file, StandardCharsets.UTF_8).strip(), channel);
        } catch (IOException e) {
            throw new StartupException("state-dir %s cannot be used: %s".formatted(stateDir, e), e);
        }
    }

    /**
     * Asks, and makes nothing; who starts in the very same instant may be told that the directory is in use. Not for the
     * process that uses it itself: it would lose its lock.
     *
     * @throws IOException if that cannot be found out
     */
    public static boolean isInUse(Path stateDir) throws IOException {
        var file = stateDir.resolve(LOCK);
        if (!Files.exists(file)) {
            return false;
        }
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            return !lock(channel);
        }
    }

    /** Held as long as the channel is open, also across a kill. */
    private static boolean lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException _) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
