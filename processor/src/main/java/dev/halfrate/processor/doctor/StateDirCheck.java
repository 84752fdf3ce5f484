package dev.halfrate.processor.doctor;

import dev.halfrate.processor.ops.Instance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** Whether a process can have its directory, and whether there is room. */
final class StateDirCheck {
    private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs");
    private static final Set<String> OVER_NETWORK = Set.of("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p");

    /** Below that not even the lanes' stores have room. */
    private static final long FREE_MIN = 200L << 20;

    private StateDirCheck() {}

    /**
     * What there is.
     *
     * @param place the directory, or the one above it that it would be made in
     * @param fileSystem its type
     */
    record Found(boolean exists, boolean directory, Path place, boolean writable, boolean inUse, String fileSystem) {}

    static Verdict look(Path stateDir) throws IOException {
        var exists = Files.exists(stateDir);
        var place = place(stateDir);
        return judge(
                stateDir,
                new Found(
                        exists,
                        Files.isDirectory(place),
                        place,
                        Files.isWritable(place) && Files.isExecutable(place),
                        exists
                                && Files.isDirectory(stateDir)
                                && Files.isWritable(stateDir)
                                && Instance.isInUse(stateDir),
                        Files.getFileStore(place).type()));
    }

    private static Path place(Path stateDir) {
        var place = stateDir.toAbsolutePath();
        for (var above = place; above != null; above = above.getParent()) {
            if (Files.exists(above)) {
                return above;
            }
        }
        return place.getRoot();
    }

    static Verdict judge(Path stateDir, Found found) {
        if (!found.directory()) {
            return Verdict.fail(
                    "%s is a file, not a directory".formatted(found.place()),
                    "set state-dir to a directory of its own for each process");
        }
        if (!found.writable()) {
            return Verdict.fail(
                    "%s cannot be written to by user %s".formatted(found.place(), System.getProperty("user.name", "?")),
                    "give it to the user that the service runs as (chown), or mount a volume there, or set state-dir to another directory");
        }
        if (IN_MEMORY.contains(found.fileSystem())) {
            return Verdict.warn(
                    "%s is in memory (%s)".formatted(stateDir, found.fileSystem()),
                    "put it on a disk: spool files and the lanes' stores take memory there, and a restart begins without them");
        }
        if (OVER_NETWORK.contains(found.fileSystem())) {
            return Verdict.warn(
                    "%s is a network's file system (%s)".formatted(stateDir, found.fileSystem()),
                    "put it on a local disk: locks and the lanes' stores may not hold there, and all of it is slow");
        }
        if (found.inUse()) {
            return Verdict.ok("%s is in use by a process that runs here; another one needs a directory of its own"
                    .formatted(stateDir));
        }
        return Verdict.ok(
                found.exists()
                        ? "%s can be written to, and nobody uses it".formatted(stateDir)
                        : "%s will be made".formatted(stateDir));
    }

    static Verdict room(Path stateDir, long spoolBytesMax) throws IOException {
        var place = place(stateDir);
        var spool = stateDir.resolve("spool");
        var spooled = 0L;
        if (Files.isDirectory(spool)) {
            try (var files = Files.newDirectoryStream(spool)) {
                for (var file : files) {
                    spooled += file.toFile().length();
                }
            }
        }
        return room(Files.getFileStore(place).getUsableSpace(), spooled, spoolBytesMax);
    }

    /**
     * @param free bytes
     * @param spooled bytes of what the service has there already
     */
    static Verdict room(long free, long spooled, long spoolBytesMax) {
        var found = "%s free, %s for spool files at most".formatted(Amounts.bytes(free), Amounts.bytes(spoolBytesMax));
        if (free < FREE_MIN) {
            return Verdict.fail(
                    found,
                    "make room, or set state-dir to a larger disk: batches are written there before they are sent");
        }
        return free + spooled < spoolBytesMax
                ? Verdict.warn(
                        found,
                        "make room, or lower ledger.spool-bytes-max: batches are written there before they are sent, and those that find it full are tried again and again")
                : Verdict.ok(found);
    }
}
