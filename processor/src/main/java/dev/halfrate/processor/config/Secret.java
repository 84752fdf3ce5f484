package dev.halfrate.processor.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A value that must not be seen: its {@link #toString} hides it. One from a file is read again when the file changes. */
public final class Secret {
    private static final Logger LOG = LoggerFactory.getLogger(Secret.class);

    /** Where none is needed. */
    public static final Secret NONE = new Secret("");

    private record Read(String value, @Nullable FileTime modifiedAt) {}

    private final @Nullable Path file;
    private volatile Read last;
    private volatile boolean unreadable;

    public Secret(String value) {
        this.file = null;
        this.last = new Read(value, null);
    }

    private Secret(Path file, Read read) {
        this.file = file;
        this.last = read;
    }

    /**
     * @throws NoSuchElementException if nothing is in the file
     * @throws IOException if it cannot be read
     */
    public static Secret in(Path file) throws IOException {
        return new Secret(file, read(file));
    }

    private static Read read(Path file) throws IOException {
        var modifiedAt = Files.getLastModifiedTime(file);
        // Editors and `echo` end a file with a line feed that is no part of the secret.
        var value = Files.readString(file).strip();
        if (value.isEmpty()) {
            throw new NoSuchElementException(file + " is empty");
        }
        return new Read(value, modifiedAt);
    }

    /** @return the value itself, for the one place that sends it; the last one as long as its file cannot be read */
    public String reveal() {
        if (file != null) {
            try {
                if (!Files.getLastModifiedTime(file).equals(last.modifiedAt())) {
                    last = read(file);
                }
                unreadable = false;
            } catch (IOException | NoSuchElementException e) {
                // Whoever writes it may be in the middle of it.
                if (!unreadable) {
                    unreadable = true;
                    LOG.warn(
                            "the secret in {} cannot be read ({}), what was read last stays in use",
                            file,
                            e.getClass().getSimpleName());
                }
            }
        }
        return last.value();
    }

    /** @return whether it is none */
    public boolean isEmpty() {
        return last.value().isEmpty();
    }

    @Override
    public String toString() {
        return isEmpty() ? "" : "***";
    }
}
