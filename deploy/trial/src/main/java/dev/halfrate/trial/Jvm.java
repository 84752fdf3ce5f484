package dev.halfrate.trial;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A JVM of its own on this one's class path, whose output is appended to a file. It does not outlive this one. */
final class Jvm implements AutoCloseable {
    private static final List<String> OPTIONS = List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xshare:auto",
            "-Xmx384m");

    private final Process process;
    private final Path output;

    private Jvm(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    static Jvm start(Path output, List<String> options, String mainClass, String... arguments) throws IOException {
        return start(classPath(), output, options, mainClass, arguments);
    }

    static Jvm start(String classPath, Path output, List<String> options, String mainClass, String... arguments)
            throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, mainClass));
        command.addAll(List.of(arguments));
        Files.writeString(output, "", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return new Jvm(process, output);
    }

    /** Surefire starts its tests with a class path that names only itself. */
    static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    int exitCode() {
        return process.exitValue();
    }

    boolean said(String text) throws IOException {
        return Files.readString(output, UTF_8).contains(text);
    }

    Path output() {
        return output;
    }

    boolean endsWithin(Duration time) throws InterruptedException {
        return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** SIGKILL: no hook runs, no buffer is written. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** SIGSTOP: it hangs, its connections stay. */
    void stop() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** SIGCONT: it goes on as if no time had passed. */
    void goOn() throws IOException, InterruptedException {
        signal("CONT");
    }

    /** How long it takes from now until it has ended. */
    CompletableFuture<Duration> untilEnd() {
        var from = System.nanoTime();
        return process.onExit().thenApply(_ -> Duration.ofNanos(System.nanoTime() - from));
    }

    /** @return whether it hangs, so that it has nothing more to say */
    boolean isStopped() throws IOException {
        var stat = Files.readString(Path.of("/proc/%d/stat".formatted(process.pid())), UTF_8);
        return stat.charAt(stat.lastIndexOf(')') + 2) == 'T';
    }

    /** The most memory that it ever had, in bytes. */
    long peakResidentBytes() throws IOException {
        try (var status = Files.lines(Path.of("/proc/%d/status".formatted(process.pid())), UTF_8)) {
            return status.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1_024)
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** What it has used of the processors so far. */
    Duration processorTime() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
