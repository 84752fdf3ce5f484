package dev.halfrate.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A JVM of its own on the tests' class path, whose output goes to a file. It never outlives the test. */
final class JavaProcess implements AutoCloseable {
    private static final Duration STOP_WITHIN = Duration.ofSeconds(30);

    /** What a shell starts in the background ignores Ctrl-C, and so do all its children, unless they are told otherwise. */
    private static final List<String> HEEDING_INTERRUPTS = heedingInterrupts();

    private final Process process;
    private final Path output;

    private JavaProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    private static List<String> heedingInterrupts() {
        var prefix = List.of("env", "--default-signal=INT");
        try {
            var command = new ArrayList<>(prefix);
            command.add("true");
            return new ProcessBuilder(command).start().waitFor() == 0 ? prefix : List.of();
        } catch (IOException _) {
            return List.of();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static JavaProcess start(Path output, String mainClass, String... arguments) throws IOException {
        return start(output, List.of("-Xmx512m"), mainClass, arguments);
    }

    static JavaProcess start(Path output, List<String> jvmOptions, String mainClass, String... arguments)
            throws IOException {
        var command = new ArrayList<>(HEEDING_INTERRUPTS);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        command.addAll(jvmOptions);
        command.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                mainClass));
        command.addAll(List.of(arguments));
        Files.writeString(output, "", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return new JavaProcess(process, output);
    }

    /** Waits until the output holds {@code text}. */
    JavaProcess awaitOutput(String text, Duration atMost) {
        Awaitility.await()
                .atMost(atMost)
                .failFast(() -> assertThat(process.isAlive()).as(output()).isTrue())
                .until(() -> output().contains(text));
        return this;
    }

    String output() throws IOException {
        return Files.readString(output, UTF_8);
    }

    /** @return whether it ended on its own within this time */
    boolean endsWithin(Duration time) throws InterruptedException {
        return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    int exitCode() {
        return process.exitValue();
    }

    /** SIGKILL: no hook runs, no buffer is written. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGINT, as Ctrl-C sends it. */
    void interrupt() throws IOException, InterruptedException {
        var kill = new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    /** SIGTERM, and what it takes. */
    void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
            kill();
            throw new AssertionError("did not stop within " + STOP_WITHIN);
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
