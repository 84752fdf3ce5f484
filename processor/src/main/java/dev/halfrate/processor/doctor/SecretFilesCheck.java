package dev.halfrate.processor.doctor;

import dev.halfrate.processor.config.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Whether others on this machine can read secrets. */
final class SecretFilesCheck {
    private SecretFilesCheck() {}

    static Verdict look(Path config) throws IOException {
        var permissions = new TreeMap<Path, Set<PosixFilePermission>>();
        for (var file : ConfigFile.secretFiles(config)) {
            if (Files.exists(file) && Files.getFileStore(file).supportsFileAttributeView("posix")) {
                permissions.put(file, Files.getPosixFilePermissions(file));
            }
        }
        return judge(config, permissions);
    }

    /** @param permissions of the files that secrets are in */
    static Verdict judge(Path config, Map<Path, Set<PosixFilePermission>> permissions) {
        List<Path> open = permissions.entrySet().stream()
                .filter(file -> file.getValue().contains(PosixFilePermission.OTHERS_READ))
                .map(Map.Entry::getKey)
                .toList();
        var read = "%s is read, and its secrets are there".formatted(config);
        return open.isEmpty()
                ? Verdict.ok(read)
                : new Verdict(
                        Grade.WARN,
                        "%s, but any user of this machine can read %d of them".formatted(read, open.size()),
                        open.stream()
                                .map(file ->
                                        "let only the service read it: chmod 600 %s (Kubernetes: defaultMode: 0400)"
                                                .formatted(file))
                                .toList());
    }
}
