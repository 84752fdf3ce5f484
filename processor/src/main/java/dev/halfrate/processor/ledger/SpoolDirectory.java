package dev.halfrate.processor.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where spool files are: of this process only, and readable by its user only, because prompts are in them. */
final class SpoolDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(SpoolDirectory.class);
    private static final String NAME = "spool";
    private static final String OWNER_ONLY = "rwx------";

    private SpoolDirectory() {}

    /** Spool files are disposable: those of an earlier process are of no use, and are deleted. */
    static Path emptied(Path stateDir) {
        var dir = stateDir.resolve(NAME);
        try {
            Files.createDirectories(dir);
            keepOthersOut(dir);
            try (var old = Files.list(dir)) {
                for (var file : old.toList()) {
                    Files.delete(file);
                }
            }
            return dir;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the file system or its owner forbids that, whoever set it up has decided who may read there. */
    private static void keepOthersOut(Path dir) {
        var posix = Files.getFileAttributeView(dir, PosixFileAttributeView.class);
        if (posix == null) {
            return;
        }
        try {
            posix.setPermissions(PosixFilePermissions.fromString(OWNER_ONLY));
        } catch (IOException | UnsupportedOperationException e) {
            LOG.warn("{}: others of this machine may be able to read prompts there: {}", dir, e.toString());
        }
    }
}
