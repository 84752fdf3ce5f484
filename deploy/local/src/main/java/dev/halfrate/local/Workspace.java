package dev.halfrate.local;

import dev.halfrate.processor.ops.StartupException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** The directory of one run, and its log. A temporary one goes with the run; its log stays if that failed. */
final class Workspace implements AutoCloseable {
    private final Path directory;
    private final boolean temporary;
    private boolean logKept;

    private Workspace(Path directory, boolean temporary) {
        this.directory = directory;
        this.temporary = temporary;
    }

    static Workspace temporary(String prefix) {
        try {
            return new Workspace(Files.createTempDirectory(prefix), true);
        } catch (IOException e) {
            throw new StartupException("a temporary directory cannot be made: " + e.getMessage(), e);
        }
    }

    static Workspace at(Path directory) {
        try {
            return new Workspace(Files.createDirectories(directory).toRealPath(), false);
        } catch (IOException e) {
            throw new StartupException("--data-dir %s cannot be used: %s".formatted(directory, e.getMessage()), e);
        }
    }

    Path directory() {
        return directory;
    }

    Path log() {
        return directory.resolve("halfrate.log");
    }

    /** Says where the log is, which then outlives the run. */
    void keepLog(PrintWriter words) {
        logKept = true;
        words.println("The log is " + log());
        words.flush();
    }

    @Override
    public void close() {
        if (!temporary) {
            return;
        }
        try (var paths = Files.walk(directory)) {
            for (var path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
                var kept = logKept && (path.equals(log()) || path.equals(directory));
                if (!kept) {
                    Files.deleteIfExists(path);
                }
            }
        } catch (IOException e) {
            throw new StartupException("%s cannot be deleted: %s".formatted(directory, e.getMessage()), e);
        }
    }
}
