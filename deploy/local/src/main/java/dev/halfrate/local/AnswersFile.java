package dev.halfrate.local;

import dev.halfrate.processor.cli.CommandException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.LoggerFactory;

/**
 * Results as lines of a file, which gets its name only when it is whole: who sees the file has everything. An
 * older one of that name stays as it is until then.
 */
final class AnswersFile implements AutoCloseable {
    private final Path file;
    private final Path unfinished;
    private final OutputStream bytes;

    /** Opens the file that is written until it is whole; a test can fill the disk here. */
    @FunctionalInterface
    interface Opening {
        OutputStream open(Path unfinished) throws IOException;
    }

    /** @throws CommandException if the file cannot be written */
    AnswersFile(Path file) {
        this(file, Files::newOutputStream);
    }

    AnswersFile(Path file, Opening opening) {
        this.file = file;
        var directory = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || directory == null) {
            throw new CommandException("--out must be a file, %s is a directory".formatted(file));
        }
        if (!Files.isDirectory(directory)) {
            throw new CommandException("--out cannot be written: there is no directory " + directory);
        }
        try {
            // Next to the file, because only within a file system a move is atomic.
            unfinished = Files.createTempFile(directory, file.getFileName() + ".", ".part");
            bytes = new BufferedOutputStream(opening.open(unfinished), 1 << 16);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    void add(byte[] result) {
        try {
            bytes.write(result);
            bytes.write('\n');
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    void finish() {
        try {
            bytes.close();
            move();
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** Without {@link #finish} before it, nothing remains. */
    @Override
    public void close() {
        try (bytes) {
            Files.deleteIfExists(unfinished);
        } catch (IOException e) {
            // The bytes that are left have nowhere to go, and who needed them was told by finish.
            LoggerFactory.getLogger(AnswersFile.class).debug("unfinished {}", file, e);
        }
    }

    private void move() throws IOException {
        try {
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException _) {
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private CommandException unwritable(IOException e) {
        return new CommandException("--out %s cannot be written: %s".formatted(file, e.getMessage()), e);
    }
}
