package dev.halfrate.processor.lines;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.LoggerFactory;

/**
 * Lines of a file, which gets its name only when it is whole: who sees the file has everything. An
 * older one of that name stays as it is until then.
 */
public final class WholeFile implements AutoCloseable {
    private final Path file;
    private final Path unfinished;
    private final OutputStream bytes;

    /** Opens the file that is written until it is whole; a test can fill the disk here. */
    @FunctionalInterface
    interface Opening {
        OutputStream open(Path unfinished) throws IOException;
    }

    /** @throws LinesException if the file cannot be written */
    public WholeFile(Path file) {
        this(file, Files::newOutputStream);
    }

    WholeFile(Path file, Opening opening) {
        this.file = file;
        var directory = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || directory == null) {
            throw new LinesException("--out must be a file, %s is a directory".formatted(file));
        }
        if (!Files.isDirectory(directory)) {
            throw new LinesException("--out cannot be written: there is no directory " + directory);
        }
        try {
            // Next to the file, because only within a file system a move is atomic.
            unfinished = Files.createTempFile(directory, file.getFileName() + ".", ".part");
            bytes = new BufferedOutputStream(opening.open(unfinished), 1 << 16);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    public void add(byte[] line) {
        try {
            bytes.write(line);
            bytes.write('\n');
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    public void finish() {
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
            LoggerFactory.getLogger(WholeFile.class).debug("unfinished {}", file, e);
        }
    }

    private void move() throws IOException {
        try {
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException _) {
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private LinesException unwritable(IOException e) {
        return new LinesException("--out %s cannot be written: %s".formatted(file, e.getMessage()), e);
    }
}
