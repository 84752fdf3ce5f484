package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * `./halfrate local` as a newcomer starts it, by the launcher script, with its usual ports, in a process of its own. It runs
 * what this build has packaged: a launcher that found it stale would build within a build.
 */
final class LaunchedLocal {
    static final String BOOTSTRAP_SERVERS = "127.0.0.1:19092";

    private static final Duration UP_WITHIN = Duration.ofMinutes(2);
    private static final long STOP_SECONDS_MAX = 60;

    private final Process process;
    private final Path output;

    private LaunchedLocal(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    static LaunchedLocal start(Path directory) throws IOException {
        var project = Files.createDirectories(directory.resolve("halfrate project"));
        var launcher =
                Files.copy(Path.of("../../halfrate"), project.resolve("halfrate"), StandardCopyOption.COPY_ATTRIBUTES);
        var target = Files.createDirectories(project.resolve("deploy/local/target"));
        for (var part : new String[] {"classes", "lib"}) {
            var built = Path.of("target", part).toAbsolutePath();
            assertThat(built).as("what the build makes at `package`").isDirectory();
            Files.createSymbolicLink(target.resolve(part), built);
        }
        Files.createFile(target.resolve("built"));
        var output = Files.createTempFile(directory, "local", ".txt");
        var builder = new ProcessBuilder(launcher.toString(), "local")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("HALFRATE_JAVA_OPTS", "-Xmx512m");
        var process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        var local = new LaunchedLocal(process, output);
        await().atMost(UP_WITHIN)
                .failFast(() -> assertThat(process.isAlive()).as(local.output()).isTrue())
                .until(() -> local.output().contains("Ctrl-C stops it."));
        return local;
    }

    String output() throws IOException {
        return Files.readString(output, UTF_8);
    }

    /** As Ctrl-C does. */
    void stop() throws InterruptedException {
        process.destroy();
        var stopped = process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS);
        process.destroyForcibly().waitFor();
        assertThat(stopped).as("whether it stopped by itself").isTrue();
    }
}
