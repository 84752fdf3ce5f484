package dev.halfrate.trial;

import dev.halfrate.trial.process.Jvm;
import dev.halfrate.trial.process.TrialException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A version of the service that can be started.
 *
 * @param name for people
 */
record Build(String name, String classPath) {
    private static final Duration BUILT_WITHIN = Duration.ofMinutes(20);
    private static final String CLASSES = "deploy/local/target/classes";
    private static final String LIBRARIES = "deploy/local/target/lib";

    /** The one that this program belongs to. */
    static Build present() {
        return new Build("this build", Jvm.classPath());
    }

    /** @return where this program was built, empty if nobody says */
    static Optional<Path> home() {
        return Optional.ofNullable(System.getProperty("halfrate.home")).map(Path::of);
    }

    /**
     * The one of a directory with its sources, which is built if it has not been yet.
     *
     * @throws TrialException if it cannot be built
     */
    static Build of(String name, Path home, Path log) throws IOException, InterruptedException {
        var built = run(home, log, home.resolve("halfrate").toString(), "--version");
        if (!built || !Files.isDirectory(home.resolve(LIBRARIES))) {
            throw new TrialException("%s cannot be built in %s: see %s".formatted(name, home, log));
        }
        return new Build(name, home.resolve(CLASSES) + File.pathSeparator + home.resolve(LIBRARIES) + "/*");
    }

    /**
     * The one of a commit; it is kept beside this program, so that it is built once.
     *
     * @return empty if there is no such commit: not in a shallow clone, nor without git
     */
    static Optional<Build> ofRef(Path home, String ref, Path log) throws IOException, InterruptedException {
        var builds = Files.createDirectories(home.resolve("deploy/trial/target/builds"));
        if (!run(home, log, "git", "rev-parse", "--verify", "--quiet", ref + "^{commit}")) {
            return Optional.empty();
        }
        var into = builds.resolve(ref.replaceAll("[^A-Za-z0-9._-]", "-"));
        if (!Files.exists(into)) {
            var archive = Files.createTempFile(builds, "archive", ".tar");
            var part = Files.createTempDirectory(builds, "part");
            if (!run(home, log, "git", "archive", "--output=" + archive, ref)
                    || !run(home, log, "tar", "-xf", archive.toString(), "-C", part.toString())) {
                throw new TrialException("%s cannot be had from git: see %s".formatted(ref, log));
            }
            Files.delete(archive);
            Files.move(part, into);
        }
        return Optional.of(of(ref, into, log));
    }

    /** @return whether it did what it was to do */
    private static boolean run(Path directory, Path log, String... command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(List.of(command))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("HALFRATE_JAVA_HOME", System.getProperty("java.home"));
        try {
            var process = builder.start();
            if (!process.waitFor(BUILT_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return false;
            }
            return process.exitValue() == 0;
        } catch (IOException e) {
            Files.writeString(
                    log, String.join(" ", command) + ": " + e + System.lineSeparator(), StandardOpenOption.APPEND);
            return false;
        }
    }
}
